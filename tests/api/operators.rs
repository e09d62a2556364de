//! The portals of one environment credential: what each of them does, on both databases. What differs between them is in the access
//! matrix.

use chrono::TimeDelta;
use streamflow_kernel::{
    anomaly::Detect,
    clock::Clock as _,
    db::{Backend, NO_ORG},
    ids,
};
use streamflow_proto::provider::v1 as pb;
use streamflow_tests::{
    answer::{fields, reason},
    on_every_desk,
    operator::{Desk, EMAIL, PASSWORD},
    raw,
};
use tonic::{Code, Status};

const ME: pb::MeRequest = pb::MeRequest {};

async fn me(desk: &Desk, token: &str) -> Result<pb::MeResponse, Status> {
    desk.caller().ask("SessionService/Me", Some(token), &ME).await
}

async fn overview(desk: &Desk, token: &str, days: i32) -> Result<pb::GetOverviewResponse, Status> {
    desk.caller().ask("OverviewService/GetOverview", Some(token), &pb::GetOverviewRequest { days }).await
}

async fn audit(desk: &Desk, token: &str, filter: &str) -> Result<Vec<pb::AuditRecord>, Status> {
    let list = pb::ListAuditRequest { page_size: 200, filter: filter.to_owned(), ..Default::default() };
    let found: pb::ListAuditResponse = desk.caller().ask("AuditService/ListAudit", Some(token), &list).await?;
    Ok(found.records)
}

async fn sessions(desk: &Desk, token: &str) -> Vec<pb::Session> {
    let list = pb::ListSessionsRequest::default();
    let found: pb::ListSessionsResponse = desk.caller().ask("SessionService/ListSessions", Some(token), &list).await.unwrap();
    found.sessions
}

async fn anomalies(desk: &Desk, token: &str, open_only: bool) -> Result<Vec<pb::Anomaly>, Status> {
    let list = pb::ListAnomaliesRequest { open_only, ..Default::default() };
    let found: pb::ListAnomaliesResponse = desk.caller().ask("AnomalyService/ListAnomalies", Some(token), &list).await?;
    Ok(found.anomalies)
}

async fn acknowledge(desk: &Desk, token: &str, anomaly_id: &str) -> Result<pb::Anomaly, Status> {
    let ask = pb::AcknowledgeAnomalyRequest { anomaly_id: anomaly_id.to_owned() };
    let done: pb::AcknowledgeAnomalyResponse = desk.caller().ask("AnomalyService/AcknowledgeAnomaly", Some(token), &ask).await?;
    Ok(done.anomaly.expect("an anomaly"))
}

/// Wrong passwords for the operator's account, as the audit keeps them.
async fn guess(desk: &Desk, times: usize) {
    let db = desk.kernel.database.system().await.unwrap();
    for _ in 0..times {
        let sql = "INSERT INTO audit (org_id, id, at, actor_id, actor_name, actor_role, ip, path, category, outcome, correlation_id, \
                   payload, entity, changed_fields) \
                   VALUES (?, ?, ?, ?, 'Operator', '', '198.51.100.7', '/x', 'sign_in', 'UNAUTHENTICATED', 'x', '{}', '', '')";
        let values = vec![NO_ORG.into(), desk.kernel.ids.uuid().into(), desk.clock.now().into(), desk.operator_id.into()];
        db.execute(sql, values).await.unwrap();
        desk.clock.advance(TimeDelta::seconds(1));
    }
    db.commit().await.unwrap();
}

async fn lockouts(desk: &Desk, token: &str) -> Result<pb::ListLockoutsResponse, Status> {
    let token = Some(token).filter(|token| !token.is_empty());
    desk.caller().ask("LockoutService/ListLockouts", token, &pb::ListLockoutsRequest {}).await
}

fn figure(figure: Option<pb::Figure>) -> (i64, i64) {
    let figure = figure.expect("a figure");
    (figure.value, figure.before)
}

on_every_desk! {
    async fn the_operator_gets_in_with_password_and_code(desk) {
        let caller = desk.caller();
        let stranger = caller.begin("somebody@example.com", PASSWORD).await.unwrap_err();
        let wrong = caller.begin(EMAIL, "not-the-password-at-all").await.unwrap_err();
        assert_eq!((wrong.code(), wrong.message()), (Code::Unauthenticated, stranger.message()));
        desk.clock.advance(TimeDelta::seconds(6));
        let pending = caller.begin(&EMAIL.to_uppercase(), PASSWORD).await.unwrap();
        assert_eq!(me(&desk, &pending).await.unwrap().second_factor(), pb::SecondFactorState::CodeNeeded);
        assert_eq!(reason(&overview(&desk, &pending, 1).await.unwrap_err()), "SECOND_FACTOR_NEEDED");
        assert_eq!(fields(&caller.verify(&pending, "000000".into()).await.unwrap_err()), ["code"]);
        desk.clock.advance(TimeDelta::seconds(31));
        let code = desk.code();
        let full = caller.verify(&pending, code.clone()).await.unwrap();
        assert_eq!(reason(&me(&desk, &pending).await.unwrap_err()), "SESSION_ENDED");
        let myself = me(&desk, &full).await.unwrap();
        let user = myself.user.clone().unwrap();
        assert_eq!((user.space.as_str(), user.email.as_str(), user.org_id.as_str()), (desk.space, EMAIL, ""));
        assert_eq!(myself.second_factor(), pb::SecondFactorState::Done);
        for right in ["audit.export", "audit.read", "overview.read", "session.read", "session.revoke", "session.sign_out"] {
            assert!(myself.permissions.iter().any(|has| has == right), "{right}");
        }
        let again = caller.begin(EMAIL, PASSWORD).await.unwrap();
        assert_eq!(fields(&caller.verify(&again, code).await.unwrap_err()), ["code"], "a code works once");
    }

    async fn no_code_prolongs_a_session(desk) {
        let token = desk.sign_in().await;
        let ends = async |token: &str| sessions(&desk, token).await.into_iter().find(|one| one.current).unwrap().expires_at;
        let end = ends(&token).await;
        desk.clock.advance(TimeDelta::minutes(5));
        let renewed = desk.caller().verify(&token, desk.code()).await.unwrap();
        assert!(renewed != token && ends(&renewed).await == end);
    }

    async fn the_overview_counts_what_happened(desk) {
        desk.caller().begin(EMAIL, "not-the-password-at-all").await.unwrap_err();
        desk.clock.advance(TimeDelta::seconds(6));
        let token = desk.sign_in().await;
        for (days, points) in [(1, 24), (7, 7), (30, 30)] {
            let shown = overview(&desk, &token, days).await.unwrap();
            assert_eq!((shown.live_sessions, figure(shown.sign_ins), figure(shown.refused_sign_ins)), (1, (1, 0), (1, 0)));
            let (requests, _) = figure(shown.requests);
            assert_eq!(figure(shown.denials), (1, 0));
            assert_eq!(shown.requests_over_time.len(), points);
            let (values, refused): (Vec<_>, Vec<_>) = shown.requests_over_time.iter().map(|point| (point.value, point.refused)).unzip();
            // The range may have begun within its first hour or day.
            assert!(requests >= 3 && values.iter().sum::<i64>() >= requests && refused.iter().sum::<i64>() == 1, "{shown:?}");
            assert!(shown.health.len() == 2 && shown.health.iter().all(|part| part.healthy), "{:?}", shown.health);
            let engine = match desk.kernel.database.backend() {
                Backend::Postgres => "PostgreSQL with row-level security",
                Backend::Sqlite => "SQLite with write-ahead log",
            };
            assert!(shown.health[0].detail.starts_with(engine), "{:?}", shown.health);
        }
        assert_eq!(fields(&overview(&desk, &token, 2).await.unwrap_err()), ["days"]);
        desk.clock.advance(TimeDelta::days(8));
        let token = desk.sign_in().await;
        let shown = overview(&desk, &token, 7).await.unwrap();
        assert_eq!((figure(shown.sign_ins), figure(shown.refused_sign_ins), shown.live_sessions), ((1, 1), (0, 1), 1));
    }

    async fn the_audit_is_listed_narrowed_paged_and_exported(desk) {
        desk.caller().begin(EMAIL, "not-the-password-at-all").await.unwrap_err();
        desk.clock.advance(TimeDelta::seconds(6));
        let token = desk.sign_in().await;
        let all = audit(&desk, &token, "").await.unwrap();
        let outcomes: Vec<_> = all.iter().rev().map(|record| (record.path.rsplit('/').next().unwrap(), record.outcome.as_str())).collect();
        assert_eq!(outcomes, [("SignIn", "UNAUTHENTICATED"), ("SignIn", "OK"), ("VerifySecondFactor", "OK")]);
        assert!(all.iter().all(|record| record.category == "sign_in" && record.path.contains(&format!(".{}.v1.", desk.space))));
        let refused = audit(&desk, &token, r#"outcome = "UNAUTHENTICATED" AND category = "sign_in""#).await.unwrap();
        assert_eq!(refused.len(), 1);
        assert_eq!(fields(&audit(&desk, &token, r#"colour = "red""#).await.unwrap_err()), ["filter"]);

        let page = |page_token: String| {
            let list = pb::ListAuditRequest { page_size: 2, page_token, filter: r#"category = "sign_in""#.into(), ..Default::default() };
            let (caller, token) = (desk.caller(), token.clone());
            async move { caller.ask::<_, pb::ListAuditResponse>("AuditService/ListAudit", Some(&token), &list).await }
        };
        let first = page(String::new()).await.unwrap();
        let info = first.page.unwrap();
        assert_eq!((first.records.len(), info.total_size), (2, 3));
        let second = page(info.next_page_token).await.unwrap();
        assert_eq!((second.records.len(), second.page.unwrap().next_page_token.as_str()), (1, ""));
        assert_eq!(fields(&page("nonsense".into()).await.unwrap_err()), ["page_token"]);

        let export = pb::ExportAuditRequest { filter: r#"outcome = "UNAUTHENTICATED""#.into() };
        let piece: pb::ExportAuditResponse = desk.caller().ask("AuditService/ExportAudit", Some(&token), &export).await.unwrap();
        let csv = String::from_utf8(piece.data).unwrap();
        assert!(csv.contains("UNAUTHENTICATED") && !csv.contains("VerifySecondFactor"), "{csv}");
        assert_eq!(audit(&desk, &token, r#"category = "export""#).await.unwrap().len(), 1, "an export is audited itself");
    }

    async fn sessions_are_shown_and_ended(desk) {
        let (first, second) = (desk.sign_in().await, desk.sign_in().await);
        let shown = sessions(&desk, &second).await;
        let page = async |page_token: String| {
            let request = pb::ListSessionsRequest { page_size: 1, page_token };
            let page: pb::ListSessionsResponse = desk.caller().ask("SessionService/ListSessions", Some(&second), &request).await.unwrap();
            page
        };
        let newest = page(String::new()).await;
        let next = page(newest.page.unwrap().next_page_token).await;
        let paged = [&newest.sessions[0].id, &next.sessions[0].id];
        assert_eq!(paged, [&shown[0].id, &shown[1].id]);
        assert_eq!((shown.len(), shown.iter().filter(|session| session.current).count()), (2, 1));
        let other = shown.iter().find(|session| !session.current).unwrap();
        let caller = desk.caller();
        let revoke = async |id: &str| {
            let request = pb::RevokeSessionRequest { session_id: id.to_owned() };
            caller.ask::<_, pb::RevokeSessionResponse>("SessionService/RevokeSession", Some(&second), &request).await
        };
        for nobodys in ["", "ses_1", &ids::format("ses_", uuid::Uuid::now_v7())] {
            assert_eq!(revoke(nobodys).await.unwrap_err().code(), Code::NotFound, "{nobodys}");
        }
        revoke(&other.id).await.unwrap();
        assert_eq!(reason(&me(&desk, &first).await.unwrap_err()), "SESSION_ENDED");
        assert_eq!(revoke(&other.id).await.unwrap_err().code(), Code::NotFound, "it has ended");

        let third = desk.sign_in().await;
        let everywhere = pb::SignOutEverywhereRequest {};
        let ended: pb::SignOutEverywhereResponse =
            caller.ask("SessionService/SignOutEverywhere", Some(&third), &everywhere).await.unwrap();
        assert_eq!(ended.ended, 2);
        for token in [&second, &third] {
            assert_eq!(reason(&me(&desk, token).await.unwrap_err()), "SESSION_ENDED");
        }
        let fourth = desk.sign_in().await;
        let _: pb::SignOutResponse = caller.ask("SessionService/SignOut", Some(&fourth), &pb::SignOutRequest {}).await.unwrap();
        assert_eq!(reason(&me(&desk, &fourth).await.unwrap_err()), "SESSION_ENDED");
        let fifth = desk.sign_in().await;
        desk.clock.advance(TimeDelta::minutes(16));
        let left_alone = me(&desk, &fifth).await.unwrap_err();
        assert_eq!(reason(&left_alone), "SESSION_EXPIRED");
        assert!(left_alone.message().contains("after 15 minutes without activity"), "{left_alone:?}");
        desk.clock.advance(TimeDelta::hours(8));
        let over = me(&desk, &fifth).await.unwrap_err();
        assert_eq!(reason(&over), "SESSION_EXPIRED");
        assert!(over.message().starts_with("Your session has expired."), "{over:?}");
    }

    async fn anomalies_stay_open_until_somebody_acknowledges_them(desk) {
        guess(&desk, 9).await;
        assert_eq!(Detect::default().look(&desk.kernel).await.unwrap(), (0, 0));
        guess(&desk, 1).await;
        assert_eq!(Detect::default().look(&desk.kernel).await.unwrap(), (1, 0));
        let token = desk.session("full").await;
        let found = anomalies(&desk, &token, true).await.unwrap();
        let person = ids::format(ids::prefix::USER, desk.operator_id);
        assert_eq!((found.len(), found[0].rule(), found[0].events), (1, pb::AnomalyRule::AccountGuessing, 10));
        assert_eq!((found[0].person_id.clone(), found[0].acknowledged_at), (person.clone(), None));
        // Quiet for days, it is still there for whoever comes.
        desk.clock.advance(TimeDelta::days(2));
        assert_eq!(Detect::default().look(&desk.kernel).await.unwrap(), (0, 0));
        let token = desk.session("full").await;
        assert_eq!(anomalies(&desk, &token, true).await.unwrap(), found);

        for nobodys in ["", "ano_1", person.as_str(), &ids::format(ids::prefix::ANOMALY, uuid::Uuid::now_v7())] {
            assert_eq!(acknowledge(&desk, &token, nobodys).await.unwrap_err().code(), Code::NotFound, "{nobodys}");
        }
        let page = pb::ListAnomaliesRequest { page_size: -1, page_token: "x".into(), open_only: true };
        let wrong = desk.caller().ask::<_, pb::ListAnomaliesResponse>("AnomalyService/ListAnomalies", Some(&token), &page).await;
        assert_eq!(fields(&wrong.unwrap_err()), ["page_size"]);
        assert_eq!(reason(&anomalies(&desk, "guessed", true).await.unwrap_err()), "NOT_SIGNED_IN");

        let seen = acknowledge(&desk, &token, &found[0].id).await.unwrap();
        assert_eq!((seen.acknowledged_by.clone(), seen.version), (person, found[0].version + 1));
        assert_eq!(acknowledge(&desk, &token, &found[0].id).await.unwrap(), seen, "acknowledged once");
        assert!(anomalies(&desk, &token, true).await.unwrap().is_empty());
        assert_eq!(anomalies(&desk, &token, false).await.unwrap(), [seen]);
        let kept = audit(&desk, &token, "category = anomaly AND outcome = OK").await.unwrap();
        assert_eq!(kept.iter().filter(|record| record.entity_id == found[0].id).count(), 1, "{kept:?}");
        guess(&desk, 10).await;
        assert_eq!(Detect::default().look(&desk.kernel).await.unwrap(), (1, 0), "when it comes again it is a new one");
    }

    async fn a_full_list_of_anomalies_hides_nothing_new(desk) {
        let db = desk.kernel.database.system().await.unwrap();
        for n in 0..100 {
            let sql = "INSERT INTO anomalies (org_id, id, rule, subject, person_name, address, events, first_at, last_at, state, version) \
                       VALUES (?, ?, 'account_guessing', ?, '', '', 10, ?, ?, 'open', 1)";
            let at = desk.clock.now() - TimeDelta::days(2) + TimeDelta::seconds(n);
            let values = vec![NO_ORG.into(), desk.kernel.ids.uuid().into(), format!("person:{n}").into(), at.into(), at.into()];
            db.execute(sql, values).await.unwrap();
        }
        db.commit().await.unwrap();
        guess(&desk, 10).await;
        assert_eq!(Detect::default().look(&desk.kernel).await.unwrap(), (1, 0));
        let token = desk.session("full").await;
        let list = pb::ListAnomaliesRequest { page_size: 200, ..Default::default() };
        let found: pb::ListAnomaliesResponse = desk.caller().ask("AnomalyService/ListAnomalies", Some(&token), &list).await.unwrap();
        let open: Vec<bool> = found.anomalies.iter().map(|one| one.acknowledged_at.is_none()).collect();
        assert_eq!((open.len(), open.iter().filter(|open| **open).count()), (101, 100));
        assert_eq!(found.anomalies[0].person_id, ids::format(ids::prefix::USER, desk.operator_id));
        assert!(open[0] && !open[100], "the one that was quiet for longest is closed");
        assert_eq!(Detect::default().look(&desk.kernel).await.unwrap(), (0, 0));
    }

    async fn wrong_guesses_are_shown_with_whose_they_are_and_until_when_nobody_may_try(desk) {
        let token = desk.sign_in().await;
        assert!(lockouts(&desk, &token).await.unwrap().lockouts.is_empty());
        for (email, times) in [(EMAIL, 3), ("somebody@example.com", 1)] {
            for _ in 0..times {
                desk.caller().begin(email, "not-the-password-at-all").await.unwrap_err();
                desk.clock.advance(TimeDelta::seconds(11));
            }
        }
        let pending = desk.caller().begin(EMAIL, PASSWORD).await.unwrap();
        desk.caller().verify(&pending, "000000".into()).await.unwrap_err();
        let found = lockouts(&desk, &token).await.unwrap();
        let told: Vec<_> = found
            .lockouts
            .iter()
            .map(|one| (one.subject(), one.person_id.is_empty(), one.address.is_empty(), one.failures))
            .collect();
        // Whose password was right at last is counted no more.
        let stranger = |subject, everywhere| (subject, true, everywhere, 1);
        for one in [
            (pb::LockoutSubject::SecondFactor, false, true, 1),
            stranger(pb::LockoutSubject::Account, true),
            stranger(pb::LockoutSubject::AccountAtAddress, false),
        ] {
            assert!(told.contains(&one), "{one:?} is not in {told:?}");
        }
        assert_eq!(told.len(), 3, "{told:?}");
        let factor = &found.lockouts[0];
        assert_eq!((factor.subject(), factor.person_name.is_empty()), (pb::LockoutSubject::SecondFactor, false));
        assert!(factor.locked_until.unwrap().seconds > found.at.unwrap().seconds, "{factor:?}");
        assert!(found.lockouts[2].locked_until.unwrap().seconds <= found.at.unwrap().seconds, "{found:?}");
        let all = format!("{found:?}");
        assert!(!all.contains("somebody") && !all.contains("operator:"), "{all}");
        assert_eq!(reason(&lockouts(&desk, "").await.unwrap_err()), "NOT_SIGNED_IN");

        // After a day nothing of it counts.
        desk.clock.advance(TimeDelta::hours(25));
        let token = desk.sign_in().await;
        assert!(lockouts(&desk, &token).await.unwrap().lockouts.is_empty());
    }

    async fn a_refusal_by_a_limit_names_the_limit(desk) {
        let token = desk.sign_in().await;
        let mut refused = 0;
        for _ in 0..12 {
            let error = desk.caller().begin("somebody@example.com", "not-the-password-at-all").await.unwrap_err();
            refused += i32::from(error.code() == Code::ResourceExhausted);
        }
        assert!(refused > 1, "{refused}");
        let kept = audit(&desk, &token, "category = rate_limit").await.unwrap();
        let told: Vec<_> = kept.iter().map(|record| (record.outcome.as_str(), record.payload.as_str())).collect();
        assert_eq!(told, [("RESOURCE_EXHAUSTED", r#"{"limit":"sign_in"}"#)], "once a minute");
    }

    async fn failures_of_pages_and_refusals_are_in_the_audit(desk) {
        let report = pb::LogClientErrorRequest { message: "It broke".into(), page: "/x".into(), ..Default::default() };
        let _: pb::LogClientErrorResponse = desk.caller().ask("ClientErrorService/LogClientError", None, &report).await.unwrap();
        assert_eq!(reason(&me(&desk, "guessed").await.unwrap_err()), "NOT_SIGNED_IN");
        // Another portal's name on the request: the door says so before anything runs.
        let path = format!("/streamflow.{}.v1.SessionService/Me", desk.space);
        for _ in 0..3 {
            raw::ask(&desk.channel, raw::request("elsewhere", None, Vec::new()), &path).await.unwrap_err();
        }
        let token = desk.sign_in().await;
        assert_eq!(audit(&desk, &token, r#"category = "client_error" AND outcome = "OK""#).await.unwrap().len(), 1);
        for (category, kept) in [("denied", ("UNAUTHENTICATED", false)), ("outside", ("PERMISSION_DENIED", true))] {
            let records = audit(&desk, &token, &format!("category = {category}")).await.unwrap();
            let found: Vec<_> = records.iter().map(|record| (record.outcome.as_str(), record.payload.contains("door"))).collect();
            assert_eq!(found, [kept], "{category}");
        }
    }
}
