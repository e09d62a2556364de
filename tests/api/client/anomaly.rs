//! `AnomalyService` of the client portal, and the detector behind it.

use std::sync::Arc;

use chrono::TimeDelta;
use streamflow_client::anomaly::alarm::Owners;
use streamflow_kernel::{anomaly::Detect, db::NO_ORG, ids};
use streamflow_proto::client::v1::{
    self as pb, anomaly_service_client::AnomalyServiceClient, notification_service_client::NotificationServiceClient,
    session_service_client::SessionServiceClient,
};
use streamflow_tests::{
    answer::fields,
    on_both,
    person::{Person, request},
    world::World,
};
use tonic::{Code, Status};
use uuid::Uuid;

use super::customer;

async fn list(world: &World, by: &Person, open_only: bool) -> Result<Vec<pb::Anomaly>, Status> {
    let list = by.ask(pb::ListAnomaliesRequest { open_only, ..Default::default() });
    Ok(AnomalyServiceClient::new(world.channel.clone()).list_anomalies(list).await?.into_inner().anomalies)
}

async fn rules(world: &World, by: &Person) -> Vec<pb::AnomalyRule> {
    let mut rules: Vec<_> = list(world, by, true).await.unwrap().iter().map(pb::Anomaly::rule).collect();
    rules.sort_unstable();
    rules
}

async fn acknowledge(world: &World, by: &Person, anomaly_id: &str) -> Result<pb::Anomaly, Status> {
    let acknowledge = by.ask(pb::AcknowledgeAnomalyRequest { anomaly_id: anomaly_id.into() });
    let reply = AnomalyServiceClient::new(world.channel.clone()).acknowledge_anomaly(acknowledge).await?;
    Ok(reply.into_inner().anomaly.unwrap())
}

/// What the detector does each minute: rows opened, and rows counted up.
async fn look(world: &World) -> (usize, usize) {
    Detect::telling(Arc::new(Owners)).look(&world.kernel).await.unwrap()
}

/// Wrong passwords, each after the pause of the one before.
async fn mistype(world: &World, email: &str, times: usize) {
    for _ in 0..times {
        let wrong = pb::SignInRequest { email: email.into(), password: "not the password".into(), return_token: true };
        let refused = SessionServiceClient::new(world.channel.clone()).sign_in(request(wrong, None)).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
        world.pass(TimeDelta::seconds(11));
    }
}

fn org(person: &Person) -> Uuid {
    ids::parse(ids::prefix::ORG, &person.org_id).unwrap()
}

/// Refused requests as the audit keeps them.
struct Past<'a> {
    org_id: Uuid,
    category: &'a str,
    outcome: &'a str,
    actor: Option<Uuid>,
    ip: &'a str,
}

async fn write(world: &World, past: &Past<'_>, times: usize) {
    let db = world.kernel.database.system().await.unwrap();
    for _ in 0..times {
        let sql = "INSERT INTO audit (org_id, id, at, actor_id, actor_name, actor_role, ip, path, category, outcome, correlation_id, \
                   payload, entity, changed_fields) VALUES (?, ?, ?, ?, 'Anna', 'STAFF', ?, '/x', ?, ?, 'x', '{}', '', '')";
        let values = vec![
            past.org_id.into(),
            world.kernel.ids.uuid().into(),
            world.now().into(),
            past.actor.into(),
            past.ip.into(),
            past.category.into(),
            past.outcome.into(),
        ];
        db.execute(sql, values).await.unwrap();
    }
    db.commit().await.unwrap();
}

#[derive(sea_orm::FromQueryResult)]
struct Count {
    n: i64,
}

on_both! {
    async fn a_few_wrong_passwords_are_none_and_many_are_one_that_counts_up(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let stranger = world.company("Other Ltd").await;
        mistype(&world, &staff.email, 3).await;
        assert_eq!((look(&world).await, list(&world, &owner, false).await.unwrap()), ((0, 0), vec![]));
        mistype(&world, &staff.email, 7).await;
        assert_eq!(look(&world).await, (1, 0));
        let found = list(&world, &owner, true).await.unwrap();
        assert_eq!((found.len(), found[0].rule(), found[0].events), (1, pb::AnomalyRule::AccountGuessing, 10));
        assert_eq!((found[0].person_id.clone(), found[0].person_name.as_str()), (staff.user_id.clone(), "Test ROLE_STAFF"));
        // The same requests are counted once, new ones by the row that is there.
        assert_eq!(look(&world).await, (0, 0));
        mistype(&world, &staff.email, 2).await;
        assert_eq!(look(&world).await, (0, 1));
        let counted = list(&world, &owner, true).await.unwrap();
        assert_eq!((counted.len(), counted[0].events, counted[0].id.clone()), (1, 12, found[0].id.clone()));
        assert!(counted[0].version > found[0].version && counted[0].first_at == found[0].first_at);
        // Nobody else sees it, and nobody else is told.
        assert!(list(&world, &stranger, false).await.unwrap().is_empty());
        let told = async |by: &Person| {
            let list = by.ask(pb::ListNotificationsRequest::default());
            let reply = NotificationServiceClient::new(world.channel.clone()).list_notifications(list).await.unwrap();
            let all = reply.into_inner().notifications;
            all.into_iter().filter(|one| one.kind() == pb::NotificationKind::Anomaly).collect::<Vec<_>>()
        };
        let told_owner = told(&owner).await;
        assert_eq!((told_owner.len(), told_owner[0].link.as_str()), (1, "anomalies"));
        assert_eq!(told_owner[0].title, "Many wrong passwords for the account of Test ROLE_STAFF");
        assert!(told(&staff).await.is_empty() && told(&stranger).await.is_empty());
    }

    async fn what_was_acknowledged_opens_anew_when_it_comes_again(world) {
        let owner = world.company("Harrow & Pike").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        let other = world.company("Other Ltd").await;
        let theirs = customer::create(&other, customer::named("Theirs")).await.unwrap();
        let trespass = async |times| {
            for _ in 0..times {
                assert_eq!(customer::get(&owner, &theirs.id).await.unwrap_err().code(), Code::NotFound);
                world.pass(TimeDelta::seconds(1));
            }
        };
        trespass(2).await;
        assert_eq!(look(&world).await, (0, 0));
        trespass(1).await;
        assert_eq!(look(&world).await, (1, 0));
        let found = list(&world, &owner, true).await.unwrap().remove(0);
        assert_eq!((found.rule(), found.events, found.person_id.clone()), (pb::AnomalyRule::CrossTenant, 3, owner.user_id.clone()));
        assert!(list(&world, &other, false).await.unwrap().is_empty(), "the other company learns nothing");
        let seen = acknowledge(&world, &manager, &found.id).await.unwrap();
        assert_eq!((seen.acknowledged_by.clone(), seen.version), (manager.user_id.clone(), found.version + 1));
        assert_eq!(acknowledge(&world, &owner, &found.id).await.unwrap(), seen, "acknowledged once");
        assert!(list(&world, &owner, true).await.unwrap().is_empty());
        // Fewer than it takes are nothing, also within the window of those before.
        assert_eq!(look(&world).await, (0, 0));
        trespass(2).await;
        assert_eq!(look(&world).await, (0, 0));
        trespass(1).await;
        assert_eq!(look(&world).await, (1, 0));
        let all = list(&world, &owner, false).await.unwrap();
        assert_eq!(all.iter().map(|one| (one.events, one.acknowledged_at.is_none())).collect::<Vec<_>>(), [(3, true), (3, false)]);
    }

    async fn each_rule_opens_once_and_a_flood_of_one_hides_no_other(world) {
        let owner = world.company("Harrow & Pike").await;
        let other = world.company("Other Ltd").await;
        let me = ids::parse(ids::prefix::USER, &owner.user_id);
        let past = |category, outcome| Past { org_id: org(&owner), category, outcome, actor: me, ip: "198.51.100.7" };
        // A flood: far more refusals than are read, by many.
        for _ in 0..25 {
            let flood = Past { actor: Some(Uuid::now_v7()), ..past("read", "PERMISSION_DENIED") };
            write(&world, &flood, 100).await;
        }
        write(&world, &past("rate_limit", "RESOURCE_EXHAUSTED"), 5).await;
        write(&world, &past("cross_tenant", "NOT_FOUND"), 3).await;
        write(&world, &past("sign_in", "UNAUTHENTICATED"), 10).await;
        for n in 0..10 {
            let ip = format!("203.0.113.{}", n % 5);
            write(&world, &Past { actor: Some(Uuid::now_v7()), ip: &ip, ..past("sign_in", "UNAUTHENTICATED") }, 1).await;
            write(&world, &Past { actor: Some(Uuid::now_v7()), ..past("sign_in", "UNAUTHENTICATED") }, 1).await;
        }
        // The other company is in nobody's shadow.
        write(&world, &Past { org_id: org(&other), ..past("cross_tenant", "NOT_FOUND") }, 3).await;
        let (opened, counted) = look(&world).await;
        assert_eq!(counted, 0);
        let mut found = rules(&world, &owner).await;
        let refused = found.iter().filter(|rule| **rule == pb::AnomalyRule::Refused).count();
        assert_eq!(refused, 20, "bounded");
        found.dedup();
        let all = [
            pb::AnomalyRule::AccountGuessing,
            pb::AnomalyRule::PasswordSpray,
            pb::AnomalyRule::SignInWave,
            pb::AnomalyRule::RateLimit,
            pb::AnomalyRule::CrossTenant,
            pb::AnomalyRule::Refused,
        ];
        assert_eq!(found, all);
        assert_eq!(rules(&world, &other).await, [pb::AnomalyRule::CrossTenant]);
        let spray = list(&world, &owner, true).await.unwrap().into_iter().find(|one| one.rule() == pb::AnomalyRule::PasswordSpray);
        assert_eq!(spray.unwrap().address, "198.51.100.7");
        // What is of all companies is in no company's list.
        let db = world.kernel.database.system_read().await.unwrap();
        let whole: Vec<Count> =
            db.query("SELECT COUNT(*) AS n FROM anomalies WHERE org_id = ?", vec![NO_ORG.into()]).await.unwrap();
        let own = list(&world, &owner, true).await.unwrap().len() + 1;
        assert_eq!(usize::try_from(whole[0].n).unwrap() + own, opened);
        // Minutes later nothing is found twice.
        drop(db);
        world.pass(TimeDelta::minutes(1));
        let (anew, _) = look(&world).await;
        assert!(anew <= 5, "{anew}: only subjects that the bound left out before");
        // What is of no company closes by itself when it has been quiet, so that the next wave is told again.
        world.pass(TimeDelta::days(2));
        assert_eq!(look(&world).await, (0, 0));
        let db = world.kernel.database.system_read().await.unwrap();
        let open = "SELECT COUNT(*) AS n FROM anomalies WHERE org_id = ? AND state = 'open'";
        let open: Vec<Count> = db.query(open, vec![NO_ORG.into()]).await.unwrap();
        assert_eq!(open[0].n, 0);
    }

    async fn only_owners_and_managers_look_at_anomalies_of_their_company(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Other Ltd").await;
        for role in [pb::Role::Staff, pb::Role::Employee, pb::Role::Accountant] {
            let person = owner.hire(&world, role, "").await;
            assert_eq!(list(&world, &person, false).await.unwrap_err().code(), Code::PermissionDenied);
            assert_eq!(acknowledge(&world, &person, "ano_1").await.unwrap_err().code(), Code::PermissionDenied);
        }
        let me = ids::parse(ids::prefix::USER, &owner.user_id);
        let past =
            Past { org_id: org(&owner), category: "rate_limit", outcome: "RESOURCE_EXHAUSTED", actor: me, ip: "10.0.0.1" };
        write(&world, &past, 5).await;
        look(&world).await;
        let found = list(&world, &owner, true).await.unwrap().remove(0);
        assert_eq!(acknowledge(&world, &stranger, &found.id).await.unwrap_err().code(), Code::NotFound);
        for wrong in ["", "ano_1", &owner.user_id] {
            assert_eq!(acknowledge(&world, &owner, wrong).await.unwrap_err().code(), Code::NotFound);
        }
        let page = owner.ask(pb::ListAnomaliesRequest { page_token: "x".into(), page_size: -1, ..Default::default() });
        let refused = AnomalyServiceClient::new(world.channel.clone()).list_anomalies(page).await.unwrap_err();
        assert_eq!(fields(&refused), ["page_size"]);
        assert_eq!(list(&world, &owner, true).await.unwrap(), [found]);
    }

    async fn the_detector_runs_by_itself(world) {
        let owner = world.company("Harrow & Pike").await;
        let me = ids::parse(ids::prefix::USER, &owner.user_id);
        let past =
            Past { org_id: org(&owner), category: "rate_limit", outcome: "RESOURCE_EXHAUSTED", actor: me, ip: "10.0.0.1" };
        write(&world, &past, 5).await;
        let runner = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
        for _ in 0..1000 {
            if !list(&world, &owner, true).await.unwrap().is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(rules(&world, &owner).await, [pb::AnomalyRule::RateLimit]);
        runner.finish().await;
    }
}
