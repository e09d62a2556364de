//! Suspend and resume: at once, with words for the people, and for one company only.

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, TransactionTrait as _};
use streamflow_kernel::{db::Backend, federation::Route};
use streamflow_proto::{
    client::v1::{
        self as client_pb, audit_service_client::AuditServiceClient, change_service_client::ChangeServiceClient,
        customer_service_client::CustomerServiceClient, session_service_client::SessionServiceClient,
    },
    common::v1::TenantState,
    provider::v1::{self as pb, audit_service_client::AuditServiceClient as ProviderAudit},
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
    person::Person,
    world::{World, ends},
};
use tonic::{Code, Status, Streaming};

use super::Fleet;
use crate::provider::admin::Person as Admin;

impl Fleet {
    async fn suspend(&self, tenant_id: &str, why: &str, contact: &str) -> Result<pb::Tenant, Status> {
        let ask = pb::SuspendTenantRequest { tenant_id: tenant_id.into(), reason: why.into(), contact: contact.into() };
        Ok(self.tenants().suspend_tenant(self.ask(ask)).await?.into_inner().tenant.unwrap())
    }

    async fn resume(&self, tenant_id: &str) -> Result<pb::Tenant, Status> {
        let ask = pb::ResumeTenantRequest { tenant_id: tenant_id.into() };
        Ok(self.tenants().resume_tenant(self.ask(ask)).await?.into_inner().tenant.unwrap())
    }
}

async fn customers(world: &World, person: &Person) -> Result<(), Status> {
    let list = person.ask(client_pb::ListCustomersRequest::default());
    CustomerServiceClient::new(world.channel.clone()).list_customers(list).await.map(|_| ())
}

async fn me(world: &World, person: &Person) -> client_pb::MeResponse {
    let me = person.ask(client_pb::MeRequest {});
    SessionServiceClient::new(world.channel.clone()).me(me).await.unwrap().into_inner()
}

/// A page that is open: its stream has begun.
async fn watch(world: &World, person: &Person) -> Streaming<client_pb::WatchResponse> {
    let watch = person.ask(client_pb::WatchRequest { cursor: String::new() });
    let mut stream = ChangeServiceClient::new(world.channel.clone()).watch(watch).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    stream
}

/// Whatever a stream tells, it does not end in a while.
async fn goes_on(stream: &mut Streaming<client_pb::WatchResponse>) {
    let ended = async { while let Ok(Some(_)) = stream.message().await {} };
    assert!(tokio::time::timeout(Duration::from_millis(200), ended).await.is_err(), "a neighbour's stream goes on");
}

async fn tenant_id(world: &World, person: &Person) -> String {
    me(world, person).await.tenant_id
}

on_both! {
    async fn a_suspended_company_is_closed_at_once_and_others_are_not(world) {
        let (owner, neighbour) = (world.company("Harrow & Pike").await, world.company("Neighbour").await);
        let staff = owner.hire(&world, client_pb::Role::Staff, "").await;
        let id = tenant_id(&world, &owner).await;
        let fleet = Fleet::start(&world).await;
        let (_ours, _theirs) = (fleet.jobs().await, world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap());
        fleet.shows("", &["Harrow & Pike", "Neighbour"]).await;
        world.handed_on().await;
        let (stream, mut others) = (watch(&world, &staff).await, watch(&world, &neighbour).await);

        let suspended = fleet.suspend(&id, "  The invoice of May is unpaid.\nPlease call us. ", "Dana, 020 7946 0000").await.unwrap();
        assert_eq!((suspended.state(), suspended.suspension_contact.as_str()), (TenantState::Suspended, "Dana, 020 7946 0000"));
        ends(stream).await;
        for person in [&owner, &staff] {
            let refused = customers(&world, person).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "ORG_SUSPENDED"));
            let me = me(&world, person).await;
            let told = me.suspension.unwrap();
            assert_eq!((told.reason.as_str(), told.contact.as_str()), ("The invoice of May is unpaid.\nPlease call us.", "Dana, 020 7946 0000"));
            assert!(told.since.is_some());
            let left = ["session.read", "session.revoke", "session.sign_out", "session.switch"];
            let own: &[&str] = if person.user_id == owner.user_id { &["org_closing.read", "org_closing.write", "org_data.export"] } else { &["org_closing.read"] };
            assert_eq!(me.permissions, [own, &left].concat());
        }
        let again = ChangeServiceClient::new(world.channel.clone()).watch(staff.ask(client_pb::WatchRequest::default())).await;
        assert_eq!(reason(&again.unwrap_err()), "ORG_SUSPENDED");
        let mut sessions = SessionServiceClient::new(world.channel.clone());
        assert_eq!(sessions.list_sessions(owner.ask(client_pb::ListSessionsRequest::default())).await.unwrap().into_inner().sessions.len(), 1);
        sessions.sign_out(staff.ask(client_pb::SignOutRequest {})).await.unwrap();
        // Signing in works, and leads to the same words.
        let staff = Person::sign_in(&world, &staff.email, streamflow_tests::person::PASSWORD).await;
        assert!(me(&world, &staff).await.suspension.is_some());

        customers(&world, &neighbour).await.unwrap();
        assert!(me(&world, &neighbour).await.suspension.is_none());
        goes_on(&mut others).await;

        fleet.shows("state = SUSPENDED", &["Harrow & Pike"]).await;
        assert_eq!(fleet.resume(&id).await.unwrap().state(), TenantState::Active);
        customers(&world, &owner).await.unwrap();
        assert!(me(&world, &owner).await.suspension.is_none());
        both_sides_know(&world, &fleet, &owner, &id).await;
    }

    async fn whoever_loses_right_or_session_while_the_request_waits_suspends_nobody(world) {
        if world.backend != Backend::Postgres {
            // Nobody waits for anything between the door and the call there.
            return;
        }
        let owner = world.company("Harrow & Pike").await;
        let id = tenant_id(&world, &owner).await;
        let mut fleet = Fleet::start(&world).await;
        let jobs = fleet.jobs().await;
        fleet.shows("", &["Harrow & Pike"]).await;
        drop(jobs);
        for (loses, wanted) in [
            ("UPDATE elevations SET ended_at = now()", (Code::FailedPrecondition, "ELEVATION_REQUIRED")),
            ("UPDATE sessions SET revoked_at = now()", (Code::Unauthenticated, "SESSION_ENDED")),
        ] {
            fleet.token = fleet.pair.provider.elevated("tenants").await;
            let intruder = fleet.pair.provider.intruder().await;
            let held = intruder.begin().await.unwrap();
            held.execute_unprepared("LOCK TABLE tenants IN ACCESS EXCLUSIVE MODE").await.unwrap();
            let (mut tenants, tenant_id) = (fleet.tenants(), id.clone());
            let ask = fleet.ask(pb::SuspendTenantRequest { tenant_id, reason: "Unpaid".into(), contact: "Dana".into() });
            let in_line = tokio::spawn(async move { tenants.suspend_tenant(ask).await });
            // Let in by then; one that comes later is refused at the door.
            fleet.pair.provider.somebody_waits().await;
            held.execute_unprepared(loses).await.unwrap();
            held.commit().await.unwrap();
            let refused = in_line.await.unwrap().unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), wanted, "{refused:?}");
        }
        assert!(me(&world, &owner).await.suspension.is_none(), "nothing was done");
    }

    async fn suspending_is_repeatable_and_says_what_is_wrong(world) {
        let owner = world.company("Harrow & Pike").await;
        let id = tenant_id(&world, &owner).await;
        let fleet = Fleet::start(&world).await;
        let jobs = fleet.jobs().await;
        fleet.shows("", &["Harrow & Pike"]).await;
        drop(jobs);
        let long = "x".repeat(501);
        for (why, contact, wrong) in [("", " ", vec!["reason", "contact"]), (&long, "a\nb", vec!["reason", "contact"]), ("x", "", vec!["contact"])] {
            assert_eq!(fields(&fleet.suspend(&id, why, contact).await.unwrap_err()), wrong);
        }
        assert_eq!(fleet.suspend("nobody", "x", "y").await.unwrap_err().code(), Code::NotFound);
        assert_eq!(fleet.resume("nobody").await.unwrap_err().code(), Code::NotFound);
        assert_eq!(fleet.resume(&id).await.unwrap().state(), TenantState::Active, "it is open");

        let since = fleet.suspend(&id, "Unpaid", "Dana").await.unwrap().suspended_at;
        world.pass(chrono::TimeDelta::seconds(5));
        assert_eq!(fleet.suspend(&id, "Unpaid", "Dana").await.unwrap().suspended_at, since);
        let other = fleet.suspend(&id, "Fraud", "Dana").await.unwrap_err();
        assert_eq!((other.code(), reason(&other).as_str()), (Code::FailedPrecondition, "ALREADY_SUSPENDED"));
        assert_eq!(me(&world, &owner).await.suspension.unwrap().reason, "Unpaid");

        let nowhere = Route::tcp("http://127.0.0.1:9").unwrap();
        fleet.pair.provider.kernel.federation.connect("client", nowhere);
        assert_eq!(reason(&fleet.resume(&id).await.unwrap_err()), "TENANTS_AWAY");
        assert_eq!(fleet.get(&id).await.unwrap().tenant.unwrap().state(), TenantState::Suspended);
    }
}

/// The event came back, and either side's audit has the acts: with the administrator's name there, without any here.
async fn both_sides_know(world: &World, fleet: &Fleet, owner: &Person, tenant_id: &str) {
    let mut kinds = Vec::new();
    for _ in 0..400 {
        kinds = fleet.get(tenant_id).await.unwrap().events.into_iter().map(|event| event.kind).collect();
        if kinds.len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    kinds.sort();
    assert_eq!(kinds, ["resumed", "suspended"]);

    let list = client_pb::ListAuditRequest { filter: "category = tenant".into(), ..Default::default() };
    let kept = AuditServiceClient::new(world.channel.clone()).list_audit(owner.ask(list)).await.unwrap().into_inner().records;
    let acts: Vec<_> = kept.iter().map(|record| (record.path.rsplit('/').next().unwrap(), record.actor_name.as_str())).collect();
    assert_eq!(acts, [("ResumeTenant", ""), ("SuspendTenant", "")]);
    assert!(kept.iter().all(|record| record.ip.is_empty() && !record.payload.contains("May")), "{kept:?}");

    let list = pb::ListAuditRequest { filter: "category = tenant".into(), ..Default::default() };
    let mut audit = ProviderAudit::new(fleet.pair.provider.channel.clone());
    let kept = audit.list_audit(fleet.ask(list)).await.unwrap().into_inner().records;
    let suspended = kept.iter().find(|record| record.path.ends_with("/SuspendTenant")).unwrap();
    assert!(!suspended.actor_name.is_empty() && suspended.payload.contains(tenant_id), "{suspended:?}");
    assert!(suspended.payload.contains(r#"{"after":"SUSPENDED","before":"ACTIVE"}"#), "{suspended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_only_looks_or_has_other_rights_suspends_nobody() {
    let world = World::sqlite().await;
    let mut fleet = Fleet::start(&world).await;
    for rights in ["support", "jobs,support"] {
        fleet.token = fleet.pair.provider.elevated(rights).await;
        for refused in [fleet.suspend("ada", "Unpaid", "Dana").await, fleet.resume("ada").await] {
            assert_eq!(reason(&refused.unwrap_err()), "ELEVATION_REQUIRED", "{rights}");
        }
    }
    let viewer = Admin::first(&fleet.pair.provider).await.hire(&fleet.pair.provider, "v@example.com", pb::Role::Viewer).await;
    let fleet = Fleet { token: viewer.token, ..fleet };
    assert!(fleet.list("").await.unwrap().is_empty());
    assert_eq!(fleet.suspend("ada", "Unpaid", "Dana").await.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(fleet.resume("ada").await.unwrap_err().code(), Code::PermissionDenied);
}
