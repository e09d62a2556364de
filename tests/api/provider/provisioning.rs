//! `ProvisioningService`: companies on their way as the client system tells of them, and trying one again.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use streamflow_client::registration::provision::KIND;
use streamflow_kernel::{
    clock::Clock as _,
    federation::Route,
    ids::{self, prefix},
};
use streamflow_proto::{
    client::v1::{self as client_pb, account_service_client::AccountServiceClient, audit_service_client::AuditServiceClient},
    provider::v1::{
        self as pb, audit_service_client::AuditServiceClient as ProviderAudit,
        provisioning_service_client::ProvisioningServiceClient,
    },
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
    person::{PASSWORD, Person, link_token, request},
    world::World,
};
use tonic::{Code, Status, transport::Channel};
use uuid::Uuid;

use super::{admin, tenant::Fleet};
use crate::client::registration::{jobs, register, sign_up_token, wanted};

fn nowhere() -> Route {
    Route::tcp("http://127.0.0.1:9").unwrap()
}

impl Fleet {
    fn provisioning(&self) -> ProvisioningServiceClient<Channel> {
        ProvisioningServiceClient::new(self.pair.provider.channel.clone())
    }

    async fn registrations(&self, ask: pb::ListRegistrationsRequest) -> Result<pb::ListRegistrationsResponse, Status> {
        Ok(self.provisioning().list_registrations(self.ask(ask)).await?.into_inner())
    }

    async fn on_their_way(&self, filter: &str) -> Vec<pb::Registration> {
        let ask = pb::ListRegistrationsRequest { filter: filter.to_owned(), ..Default::default() };
        self.registrations(ask).await.unwrap().registrations
    }

    async fn retry(&self, id: &str) -> Result<pb::RetryRegistrationResponse, Status> {
        let ask = pb::RetryRegistrationRequest { registration_id: id.to_owned() };
        Ok(self.provisioning().retry_registration(self.ask(ask)).await?.into_inner())
    }

    /// Waits for a registration in that state.
    async fn comes_to(&self, state: &str) -> pb::Registration {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(found) = self.on_their_way(&format!("state = {state}")).await.into_iter().next() {
                return found;
            }
            assert!(Instant::now() < until, "none is {state}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A registration as a row, without what was asked for.
async fn write(world: &World, number: &str, step: &str, attempts: i32) -> Uuid {
    world.pass(TimeDelta::seconds(1));
    let id = world.kernel.ids.uuid();
    let sql = "INSERT INTO registrations (id, external_customer_id, tenant_id, request, step, is_new_owner, attempts, last_error, \
               created_at) VALUES (?, ?, ?, ?, ?, true, ?, 'a part it needs did not answer', ?)";
    let values = vec![
        id.into(),
        number.into(),
        number.to_lowercase().into(),
        Vec::<u8>::new().into(),
        step.into(),
        attempts.into(),
        world.now().into(),
    ];
    let db = world.kernel.database.system().await.unwrap();
    db.execute(sql, values).await.unwrap();
    db.commit().await.unwrap();
    id
}

#[derive(sea_orm::FromQueryResult)]
struct Kept {
    state: String,
}

/// States of all jobs that make companies.
async fn provisions(world: &World) -> Vec<String> {
    let db = world.kernel.database.system_read().await.unwrap();
    let rows: Vec<Kept> = db.query("SELECT state FROM jobs WHERE kind = ?", vec![KIND.into()]).await.unwrap();
    rows.into_iter().map(|row| row.state).collect()
}

on_both! {
    async fn one_that_waits_is_tried_at_once_and_both_sides_know(world) {
        let fleet = Fleet::start(&world).await;
        world.kernel.federation.connect("provider", nowhere());
        let _jobs = jobs(&world).await;
        register(&world, wanted(&sign_up_token(&world).await, "K-1")).await.unwrap();
        let failing = fleet.comes_to("FAILING").await;
        assert_eq!((failing.name.as_str(), failing.tenant_id.as_str(), failing.external_customer_id.as_str()), ("Glow Spa", "glow-spa", "K-1"));
        assert_eq!((failing.state(), failing.step()), (pb::RegistrationState::Failing, pb::RegistrationStep::Welcomed));
        assert!(failing.attempts > 0 && failing.created_at.is_some() && failing.step_at.is_some(), "{failing:?}");
        assert!(failing.last_error.contains("can't be reached") && !failing.last_error.contains("127.0.0.1"), "{failing:?}");
        let all = format!("{:?}", fleet.on_their_way("").await).to_lowercase();
        assert!(!all.contains("ada") && !all.contains('@'), "{all}");

        // The clock stands, so that it would wait for ever by itself. Its end may be noted after its failure.
        let until = Instant::now() + Duration::from_secs(10);
        while fleet.on_their_way("").await[0].next_try_at.is_none() {
            assert!(Instant::now() < until, "no next try is told");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        world.kernel.federation.connect("provider", fleet.pair.to_provider.clone());
        let ask = || {
            let mut ask = fleet.ask(pb::RetryRegistrationRequest { registration_id: failing.id.clone() });
            ask.metadata_mut().insert("idempotency-key", "retry-0001".parse().unwrap());
            ask
        };
        let tried = fleet.provisioning().retry_registration(ask()).await.unwrap().into_inner();
        assert!(tried.changed && tried.registration.clone().unwrap().next_try_at.is_some());
        let done = fleet.comes_to("DONE").await;
        assert_eq!((done.step(), done.attempts, done.last_error.as_str(), done.next_try_at), (pb::RegistrationStep::Told, 0, "", None));
        assert_eq!(fleet.provisioning().retry_registration(ask()).await.unwrap().into_inner(), tried, "once for one key");
        let again = fleet.retry(&failing.id).await.unwrap();
        assert_eq!((again.changed, again.registration.unwrap().state()), (false, pb::RegistrationState::Done));
        assert_eq!(fleet.get("glow-spa").await.unwrap().tenant.unwrap().name, "Glow Spa");

        let list = pb::ListAuditRequest { filter: "category = provisioning".into(), ..Default::default() };
        let mut audit = ProviderAudit::new(fleet.pair.provider.channel.clone());
        let kept = audit.list_audit(fleet.ask(list)).await.unwrap().into_inner().records;
        assert!(kept.len() == 3 && kept.iter().all(|one| !one.actor_name.is_empty() && one.payload.contains(&failing.id)), "{kept:?}");
        let link = link_token(&world, "ada@example.com").await;
        let reset = client_pb::ResetPasswordRequest { token: link, new_password: PASSWORD.into() };
        AccountServiceClient::new(world.channel.clone()).reset_password(request(reset, None)).await.unwrap();
        let owner = Person::sign_in(&world, "ada@example.com", PASSWORD).await;
        let list = client_pb::ListAuditRequest { filter: "category = provisioning".into(), ..Default::default() };
        let kept = AuditServiceClient::new(world.channel.clone()).list_audit(owner.ask(list)).await.unwrap().into_inner().records;
        let acts: Vec<_> = kept.iter().map(|one| (one.path.rsplit('/').next().unwrap(), one.actor_name.as_str())).collect();
        assert_eq!(acts.iter().filter(|act| **act == ("RetryRegistration", "")).count(), 1, "{acts:?}");
    }

    async fn the_list_is_narrowed_and_paged_newest_first(world) {
        let fleet = Fleet::start(&world).await;
        for (number, step, attempts) in [("A", "accepted", 0), ("B", "accepted", 3), ("C", "told", 0), ("D", "made", 1), ("E", "welcomed", 0)] {
            write(&world, number, step, attempts).await;
        }
        let numbers = |rows: &[pb::Registration]| rows.iter().map(|row| row.external_customer_id.as_str()).collect::<String>();
        for (filter, expected) in [
            ("", "EDCBA"),
            ("state = UNDER_WAY", "EA"),
            ("state = FAILING", "DB"),
            ("state = DONE", "C"),
            ("state != DONE", "EDBA"),
        ] {
            assert_eq!(numbers(&fleet.on_their_way(filter).await), expected, "{filter}");
        }
        let page = async |page_token: String| {
            fleet.registrations(pb::ListRegistrationsRequest { page_size: 2, page_token, ..Default::default() }).await
        };
        let (mut found, mut token) = (String::new(), String::new());
        for size in [2, 2, 1] {
            let reply = page(token).await.unwrap();
            assert_eq!(reply.registrations.len(), size);
            found.push_str(&numbers(&reply.registrations));
            token = reply.page.unwrap().next_page_token;
        }
        assert_eq!((found.as_str(), token.as_str()), ("EDCBA", ""));
        let wrong = pb::ListRegistrationsRequest { page_size: -1, filter: "state = GONE".into(), ..Default::default() };
        assert_eq!(fields(&fleet.registrations(wrong).await.unwrap_err()), ["page_size", "filter"]);
        assert_eq!(fields(&page("nonsense".into()).await.unwrap_err()), ["page_token"]);
        let token = page(String::new()).await.unwrap().page.unwrap().next_page_token;
        let other = pb::ListRegistrationsRequest { page_token: token, filter: "state = DONE".into(), ..Default::default() };
        assert_eq!(fields(&fleet.registrations(other).await.unwrap_err()), ["page_token"]);

        for nobodys in [String::new(), "reg_1".to_owned(), ids::format(prefix::REGISTRATION, Uuid::now_v7())] {
            assert_eq!(fleet.retry(&nobodys).await.unwrap_err().code(), Code::NotFound, "{nobodys}");
        }
        // One whose job is gone gets another, which waits until somebody does it.
        let stuck = fleet.on_their_way("state = FAILING").await.pop().unwrap();
        assert_eq!(stuck.next_try_at, None);
        assert!(fleet.retry(&stuck.id).await.unwrap().changed);
        assert!(fleet.on_their_way("state = FAILING").await.pop().unwrap().next_try_at.is_some());
    }

    async fn trying_again_while_it_is_tried_adds_nothing(world) {
        let fleet = Fleet::start(&world).await;
        let id = ids::format(prefix::REGISTRATION, write(&world, "A", "accepted", 1).await);
        let with_key = async |key: &str| {
            let mut ask = fleet.ask(pb::RetryRegistrationRequest { registration_id: id.clone() });
            ask.metadata_mut().insert("idempotency-key", key.parse().unwrap());
            fleet.provisioning().retry_registration(ask).await.unwrap().into_inner()
        };
        let (one, other) = tokio::join!(with_key("retry-0001"), with_key("retry-0002"));
        assert!(one.changed || other.changed, "{one:?} {other:?}");
        assert_eq!(provisions(&world).await, ["queued"], "one job, however many ask");

        // As a process that has taken it leaves it.
        let sql = "UPDATE jobs SET state = 'running', lease_by = ?, lease_until = ? WHERE kind = ?";
        let until = world.now() + TimeDelta::minutes(5);
        let db = world.kernel.database.system().await.unwrap();
        db.execute(sql, vec![Uuid::now_v7().into(), until.into(), KIND.into()]).await.unwrap();
        db.commit().await.unwrap();
        let again = fleet.retry(&id).await.unwrap();
        let shown = again.registration.unwrap();
        assert_eq!((again.changed, shown.state(), shown.next_try_at), (false, pb::RegistrationState::Failing, None));
        assert_eq!(provisions(&world).await, ["running"], "none waits behind it");
    }

    async fn while_the_other_system_is_away_the_list_says_since_when(world) {
        let fleet = Fleet::start(&world).await;
        fleet.pair.provider.kernel.federation.connect("client", nowhere());
        let never = fleet.registrations(pb::ListRegistrationsRequest::default()).await.unwrap();
        assert!(never.away && never.last_answer_at.is_none() && never.registrations.is_empty(), "{never:?}");
        fleet.pair.provider.kernel.federation.connect("client", fleet.pair.to_client.clone());
        let there = fleet.registrations(pb::ListRegistrationsRequest::default()).await.unwrap();
        assert!(!there.away && there.last_answer_at.is_some(), "{there:?}");
        let answered = fleet.pair.provider.clock.now().timestamp();
        fleet.pair.provider.kernel.federation.connect("client", nowhere());
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let away = fleet.registrations(pb::ListRegistrationsRequest::default()).await.unwrap();
            assert!(away.away && away.registrations.is_empty(), "{away:?}");
            // It is noted beside the answer.
            if away.last_answer_at.map(|at| at.seconds) == Some(answered) {
                break;
            }
            assert!(Instant::now() < until, "{away:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(reason(&fleet.retry("reg_1").await.unwrap_err()), "TENANTS_AWAY");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_only_looks_tries_nothing() {
    let world = World::sqlite().await;
    let fleet = Fleet::start(&world).await;
    let provider = &fleet.pair.provider;
    let viewer = admin::Person::first(provider).await.hire(provider, "v@example.com", pb::Role::Viewer).await;
    world.pass(provider.clock.now() - world.now());
    let id = write(&world, "A", "accepted", 1).await;
    let fleet = Fleet { token: viewer.token, ..fleet };
    assert_eq!(fleet.on_their_way("").await.len(), 1);
    assert_eq!(fleet.retry(&ids::format(prefix::REGISTRATION, id)).await.unwrap_err().code(), Code::PermissionDenied);
}
