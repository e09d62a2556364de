//! `SettingService`: typed, encrypted, audited with before and after; and what two of them do.

use streamflow_kernel::{
    clock::Clock as _,
    db::NO_ORG,
    feed::{Actor, Audience, Change, Op},
};
use streamflow_proto::provider::v1::{
    self as pb, audit_service_client::AuditServiceClient, change_service_client::ChangeServiceClient,
    overview_service_client::OverviewServiceClient, session_service_client::SessionServiceClient,
    setting_service_client::SettingServiceClient, setting_value::Value,
};
use streamflow_tests::{
    on_the_providers_desk,
    operator::{Desk, EMAIL, PASSWORD},
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use super::admin::{Person, reason};

async fn settings(desk: &Desk, token: &str) -> Vec<pb::Setting> {
    let ask = desk.request(pb::ListSettingsRequest {}, Some(token));
    SettingServiceClient::new(desk.channel.clone()).list_settings(ask).await.unwrap().into_inner().settings
}

async fn update(desk: &Desk, token: &str, key: &str, value: Value, version: i64) -> Result<pb::Setting, Status> {
    let ask = pb::UpdateSettingRequest { key: key.into(), value: Some(pb::SettingValue { value: Some(value) }), version };
    let answer = SettingServiceClient::new(desk.channel.clone()).update_setting(desk.request(ask, Some(token))).await?;
    Ok(answer.into_inner().setting.unwrap())
}

/// Keys of those that Recovery Mode would have otherwise.
async fn differing(desk: &Desk, token: &str) -> Vec<String> {
    settings(desk, token).await.into_iter().filter(|setting| setting.mirror_differs).map(|setting| setting.key).collect()
}

fn networks(list: &[&str]) -> Value {
    Value::Networks(pb::NetworkList { networks: list.iter().map(ToString::to_string).collect() })
}

on_the_providers_desk! {
    async fn a_change_is_kept_and_told_with_what_was_before(desk) {
        let first = Person::first(&desk).await;
        assert!(settings(&desk, &first.token).await.iter().all(|setting| setting.version == 0));
        update(&desk, &first.token, "ai_budget.total", Value::Amount(250), 0).await.unwrap();
        let changed = update(&desk, &first.token, "ai_budget.total", Value::Amount(300), 1).await.unwrap();
        assert_eq!((changed.version, changed.updated_by.as_str()), (2, "First administrator"));
        let listed = settings(&desk, &first.token).await.into_iter().find(|setting| setting.key == "ai_budget.total").unwrap();
        assert_eq!(listed.value.unwrap().value, Some(Value::Amount(300)));

        let ask = desk.request(pb::ListAuditRequest { page_size: 10, ..Default::default() }, Some(&first.token));
        let records = AuditServiceClient::new(desk.channel.clone()).list_audit(ask).await.unwrap().into_inner().records;
        let record = records.iter().find(|record| record.category == "setting").unwrap();
        assert!(record.payload.contains(r#""ai_budget.total":{"after":300,"before":250}"#), "{}", record.payload);

        for (key, value, version, code) in [
            ("ai_budget.total", Value::Amount(1), 1, Code::FailedPrecondition),
            ("ai_budget.total", Value::Amount(-1), 2, Code::InvalidArgument),
            ("ai_budget.total", Value::Flag(true), 2, Code::InvalidArgument),
            ("internal.admin_index", Value::Flag(true), 1, Code::NotFound),
        ] {
            assert_eq!(update(&desk, &first.token, key, value, version).await.unwrap_err().code(), code, "{key}");
        }
        let viewer = first.hire(&desk, "v@example.com", pb::Role::Viewer).await;
        assert_eq!(settings(&desk, &viewer.token).await.len(), 4);
        let refused = update(&desk, &viewer.token, "ai_budget.total", Value::Amount(1), 2).await.unwrap_err();
        // In the words of this portal, which has no companies' owners.
        assert_eq!(refused.message(), "Your role does not allow this. Ask an administrator of this portal.");
        assert_eq!(refused.code(), Code::PermissionDenied);
    }

    async fn only_allowed_networks_sign_in_and_nobody_locks_themself_out(desk) {
        let first = Person::first(&desk).await;
        let bad = update(&desk, &first.token, "sign_in.networks", networks(&["x", "y"]), 0).await.unwrap_err();
        assert_eq!(bad.get_error_details().bad_request().unwrap().field_violations.len(), 2);
        let out = update(&desk, &first.token, "sign_in.networks", networks(&["198.51.100.0/24"]), 0).await.unwrap_err();
        assert!(out.code() == Code::InvalidArgument && out.message().contains("127.0.0.1"), "{out:?}");
        update(&desk, &first.token, "sign_in.networks", networks(&["127.0.0.1"]), 0).await.unwrap();
        let mut sessions = SessionServiceClient::new(desk.channel.clone());
        let ask = pb::SignInRequest { email: EMAIL.into(), password: PASSWORD.into(), return_token: true };
        sessions.sign_in(desk.request(ask, None)).await.unwrap();
    }

    async fn what_recovery_mode_would_go_by_is_told_where_it_differs(desk) {
        // There is no mirror here, so that the defaults would hold.
        let first = Person::first(&desk).await;
        assert!(differing(&desk, &first.token).await.is_empty());
        let changed = update(&desk, &first.token, "sign_in.networks", networks(&["127.0.0.0/8"]), 0).await.unwrap();
        assert!(changed.mirror_differs);
        update(&desk, &first.token, "ai_budget.total", Value::Amount(250), 0).await.unwrap();
        assert_eq!(differing(&desk, &first.token).await, ["sign_in.networks"], "budgets are not mirrored");
        let changed = update(&desk, &first.token, "sign_in.networks", networks(&[]), 1).await.unwrap();
        assert!(!changed.mirror_differs && differing(&desk, &first.token).await.is_empty());
    }

    async fn viewers_can_be_kept_out(desk) {
        let first = Person::first(&desk).await;
        let viewer = first.hire(&desk, "v@example.com", pb::Role::Viewer).await;
        let overview = async |token: &str| {
            let ask = desk.request(pb::GetOverviewRequest { days: 1 }, Some(token));
            OverviewServiceClient::new(desk.channel.clone()).get_overview(ask).await.map_err(|status| status.code())
        };
        assert!(overview(&viewer.token).await.is_ok());
        let watch = desk.request(pb::WatchRequest::default(), Some(&viewer.token));
        let mut stream = ChangeServiceClient::new(desk.channel.clone()).watch(watch).await.unwrap().into_inner();
        stream.message().await.unwrap();
        update(&desk, &first.token, "sign_in.viewers", Value::Flag(false), 0).await.unwrap();
        // Open pages hear of nothing more.
        let db = desk.kernel.database.system().await.unwrap();
        let change = Change { entity: "tenant", id: Uuid::now_v7(), version: 1, op: Op::Created, fields: vec!["ada".into()], audience: Audience::EVERYONE };
        let nobody = Actor { id: None, name: String::new(), at: desk.clock.now() };
        db.append_changes(NO_ORG, &nobody, &[change]).await.unwrap();
        db.commit().await.unwrap();
        let end = loop {
            match stream.message().await {
                Ok(Some(message)) => assert_eq!(message.tenant_id, "", "told after all"),
                Ok(None) => panic!("ended without a word"),
                Err(status) => break status,
            }
        };
        assert_eq!(reason(&end).1, "SESSION_ENDED");
        assert_eq!(overview(&viewer.token).await.unwrap_err(), Code::Unauthenticated);
        assert!(overview(&first.token).await.is_ok());
        let refused = Person::sign_in(&desk, &viewer.email, &viewer.password, viewer.seed).await.err().unwrap();
        assert_eq!(reason(&refused).1, "WRONG_CREDENTIALS");
    }
}
