//! A change of plan: told with the change itself, kept once, and shown with the end of its trial.

use std::time::{Duration, Instant};

use chrono::{SecondsFormat, TimeDelta};
use sea_orm::FromQueryResult;
use streamflow_client::{org::plan::set_plan, tenant::tell};
use streamflow_kernel::clock::timestamp;
use streamflow_proto::{
    client::v1::{MeRequest, session_service_client::SessionServiceClient},
    common::v1::TenantState,
    provider::v1 as pb,
};
use streamflow_tests::{on_both, world::World};
use tonic::Code;

use super::Fleet;

#[derive(FromQueryResult)]
struct Count {
    n: i64,
}

async fn count(world: &World, rows: &str) -> i64 {
    let db = world.kernel.database.system_read().await.unwrap();
    let found: Vec<Count> = db.query(&format!("SELECT COUNT(*) AS n FROM {rows}"), vec![]).await.unwrap();
    found[0].n
}

/// Waits until so many events have been told of companies, each time that one was counted.
async fn told(world: &World, wanted: i64) {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let found = count(world, "audit WHERE path LIKE '%/ReportTenantEvents' AND outcome = 'OK'").await;
        if found == wanted {
            return;
        }
        assert!(Instant::now() < until, "{found} of {wanted} were told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn details(event: &pb::TenantEvent) -> Vec<(&str, &str)> {
    event.details.iter().map(|detail| (detail.name.as_str(), detail.value.as_str())).collect()
}

on_both! {
    async fn a_change_of_plan_is_told_once_with_the_plans_and_the_end_of_the_trial(world) {
        let owner = world.company("Harrow & Pike").await;
        let me = SessionServiceClient::new(world.channel.clone()).me(owner.ask(MeRequest {})).await.unwrap();
        let id = me.into_inner().tenant_id;
        let fleet = Fleet::start(&world).await;
        // What is told is written with the change, before anything is sent.
        set_plan(&world.kernel, &id, "trial").await.unwrap();
        assert_eq!(count(&world, "jobs WHERE kind = 'tenant_tell'").await, 1);
        assert_eq!(fleet.get(&id).await.unwrap_err().code(), Code::NotFound);
        let ends = world.now() + TimeDelta::days(14);
        let _jobs = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
        told(&world, 1).await;
        let shown = fleet.get(&id).await.unwrap();
        let tenant = shown.tenant.unwrap();
        assert_eq!((tenant.plan.as_str(), tenant.state(), tenant.trial_ends_at), ("trial", TenantState::Trial, timestamp(ends)));
        let written = ends.to_rfc3339_opts(SecondsFormat::Secs, true);
        let [event] = &shown.events[..] else { panic!("{:?}", shown.events) };
        assert_eq!((event.kind.as_str(), event.at), ("plan_changed", timestamp(world.now())));
        let named = [("plan", "trial"), ("plan_before", "standard"), ("trial_ends_at", written.as_str())];
        assert_eq!(details(event), named);

        world.pass(TimeDelta::minutes(1));
        fleet.pair.provider.clock.set(world.now());
        set_plan(&world.kernel, &id, "field-team").await.unwrap();
        told(&world, 2).await;
        let shown = fleet.get(&id).await.unwrap();
        assert_eq!(details(&shown.events[0]), [("plan", "field-team"), ("plan_before", "trial")]);
        assert_eq!(shown.tenant.unwrap().state(), TenantState::Active);

        // The same plan once more is nothing to tell of; an event that is told again, since its answer was lost, is kept once.
        set_plan(&world.kernel, &id, "field-team").await.unwrap();
        assert_eq!(count(&world, "jobs WHERE kind = 'tenant_tell'").await, 2);
        let again = tell::Told {
            id: world.kernel.ids.uuid(),
            kind: "plan_changed".to_owned(),
            at: world.now(),
            tenant_id: id.clone(),
            details: serde_json::json!({ "plan_before": "field-team", "plan": "standard" }),
        };
        for _ in 0..2 {
            let db = world.kernel.database.system().await.unwrap();
            tell::put(&db, &world.kernel.jobs, &again).await.unwrap();
            db.commit().await.unwrap();
        }
        world.kernel.jobs.wake();
        told(&world, 4).await;
        assert_eq!(fleet.get(&id).await.unwrap().events.len(), 3);
    }
}
