//! A company on its way out, as the operator's page shows it.

use std::time::Duration;

use chrono::TimeDelta;
use streamflow_client::org_closing::domain::{GRACE, SETTLE};
use streamflow_proto::{
    client::v1::{self as client_pb, org_closing_service_client::OrgClosingServiceClient},
    common::v1::TenantState,
    provider::v1 as pb,
};
use streamflow_tests::{on_both, person::PASSWORD, sql, world::World};

use super::Fleet;

/// Waits for what the operator's page says of the company.
async fn stands(fleet: &Fleet, tenant_id: &str, wanted: TenantState) -> pb::GetTenantResponse {
    let get = || fleet.ask(pb::GetTenantRequest { tenant_id: tenant_id.to_owned() });
    for _ in 0..600 {
        let read = fleet.tenants().get_tenant(get()).await.unwrap().into_inner();
        if read.tenant.as_ref().is_some_and(|tenant| tenant.state() == wanted) {
            return read;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it is not {wanted:?}");
}

/// Waits until the job has thrown everybody out: what deletes them comes so long after that.
async fn is_thrown_out(world: &World) {
    for _ in 0..600 {
        let sql = "SELECT COUNT(*) AS n FROM org_closings WHERE state = 'deleting'";
        if sql::row(&world.kernel.database, sql, vec![]).await.try_get::<i64>("", "n").unwrap() == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody was thrown out");
}

fn pass(world: &World, fleet: &Fleet, time: TimeDelta) {
    world.pass(time);
    fleet.pair.provider.clock.set(world.now());
    world.kernel.jobs.wake();
}

on_both! {
    async fn the_operator_hears_when_a_company_goes(world) {
        let owner = world.company("Harrow & Pike").await;
        let _neighbour = world.company("Neighbour").await;
        let mut fleet = Fleet::start(&world).await;
        let (_ours, _theirs) = (fleet.jobs().await, world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap());
        fleet.shows("", &["Harrow & Pike", "Neighbour"]).await;
        let id = fleet.list("").await.unwrap().remove(0).tenant_id;
        pass(&world, &fleet, TimeDelta::seconds(31));
        let ask = client_pb::CloseOrgRequest { name: "Harrow & Pike".into(), current_password: PASSWORD.into(), code: owner.code(&world) };
        let mut service = OrgClosingServiceClient::new(world.channel.clone());
        let due = service.close_org(owner.ask(ask.clone())).await.unwrap().into_inner().closing.unwrap().due_at;
        let read = stands(&fleet, &id, TenantState::Closing).await;
        assert_eq!(read.tenant.unwrap().closes_at, due);
        assert_eq!(fleet.names("state = CLOSING").await, ["Harrow & Pike"]);

        service.cancel_closing(owner.ask(client_pb::CancelClosingRequest {})).await.unwrap();
        stands(&fleet, &id, TenantState::Active).await;
        pass(&world, &fleet, TimeDelta::seconds(31));
        let ask = client_pb::CloseOrgRequest { code: owner.code(&world), ..ask };
        service.close_org(owner.ask(ask)).await.unwrap();
        pass(&world, &fleet, GRACE);
        is_thrown_out(&world).await;
        pass(&world, &fleet, SETTLE);
        fleet.token = fleet.pair.provider.elevated("tenants").await;
        let read = stands(&fleet, &id, TenantState::Deleted).await;
        let kinds: Vec<&str> = read.events.iter().map(|event| event.kind.as_str()).collect();
        assert!(["closing", "closing_cancelled", "deleted"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
        assert!(read.tenant.unwrap().deleted_at.is_some());
        assert_eq!((fleet.names("state = DELETED").await, fleet.names("state = ACTIVE").await), (vec!["Deleted company".to_owned()], vec!["Neighbour".to_owned()]));
        // Nobody opens it again.
        let resume = fleet.ask(pb::ResumeTenantRequest { tenant_id: id.clone() });
        let _answer = fleet.tenants().resume_tenant(resume).await;
        stands(&fleet, &id, TenantState::Deleted).await;
    }
}
