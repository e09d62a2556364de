//! `DashboardService` of the client portal.

use chrono::{Datelike as _, TimeDelta};
use streamflow_proto::{
    client::v1::{
        self as pb, customer_service_client::CustomerServiceClient, dashboard_service_client::DashboardServiceClient,
        lead_service_client::LeadServiceClient, org_service_client::OrgServiceClient, task_service_client::TaskServiceClient,
    },
    common::v1::Money,
};
use streamflow_tests::{answer::fields, on_both, person::Person, world::World};
use tonic::Status;

async fn dashboard(world: &World, by: &Person, weeks: i32) -> Result<pb::GetDashboardResponse, Status> {
    let mut service = DashboardServiceClient::new(world.channel.clone());
    Ok(service.get_dashboard(by.ask(pb::GetDashboardRequest { weeks })).await?.into_inner())
}

async fn customer(world: &World, by: &Person, name: &str) {
    let customer = pb::Customer { name: name.into(), ..Default::default() };
    let request = by.ask(pb::CreateCustomerRequest { customer: Some(customer) });
    CustomerServiceClient::new(world.channel.clone()).create_customer(request).await.unwrap();
}

async fn stages(world: &World, by: &Person) -> Vec<pb::LeadStage> {
    let reply = LeadServiceClient::new(world.channel.clone()).list_lead_stages(by.ask(pb::ListLeadStagesRequest {})).await;
    reply.unwrap().into_inner().stages
}

async fn lead(world: &World, by: &Person, lead: pb::Lead) -> pb::Lead {
    let request = by.ask(pb::CreateLeadRequest { lead: Some(lead) });
    LeadServiceClient::new(world.channel.clone()).create_lead(request).await.unwrap().into_inner().lead.unwrap()
}

/// To the next Monday, so that weeks of the test are weeks of the dashboard.
fn to_monday(world: &World) {
    let days = 7 - i64::from(world.now().weekday().num_days_from_monday());
    world.pass(TimeDelta::days(days));
}

/// To the next noon in UTC, when it is the same day in London and the next one in Kiritimati.
fn to_noon(world: &World) {
    let noon = (world.now() + TimeDelta::days(1)).date_naive().and_hms_opt(12, 0, 0).unwrap().and_utc();
    world.pass(noon - world.now());
}

async fn set_time_zone(world: &World, owner: &Person, zone: &str) {
    let mut service = OrgServiceClient::new(world.channel.clone());
    let org = service.get_org(owner.ask(pb::GetOrgRequest {})).await.unwrap().into_inner().org.unwrap();
    let org = pb::Org { time_zone: zone.into(), ..org };
    let update_mask = Some(prost_types::FieldMask { paths: vec!["time_zone".into()] });
    service.update_org(owner.ask(pb::UpdateOrgRequest { org: Some(org), update_mask })).await.unwrap();
}

/// The same person with a session of now: days pass in these tests.
async fn again(world: &World, person: &Person) -> Person {
    let token = streamflow_tests::world::open_session(
        &world.kernel,
        streamflow_kernel::ids::parse("usr_", &person.user_id).unwrap(),
        streamflow_kernel::ids::parse("org_", &person.org_id).unwrap(),
        "full",
    );
    Person { token: token.await, ..person.clone() }
}

on_both! {
    async fn new_customers_are_counted_by_week_beside_the_range_before(world) {
        let owner = world.company("Harrow & Pike").await;
        to_monday(&world);
        let owner = again(&world, &owner).await;
        for n in 0..3 {
            customer(&world, &owner, &format!("Early {n}")).await;
        }
        world.pass(TimeDelta::days(28));
        let owner = again(&world, &owner).await;
        customer(&world, &owner, "Late").await;
        world.pass(TimeDelta::days(7));
        let owner = again(&world, &owner).await;
        customer(&world, &owner, "Now 1").await;
        customer(&world, &owner, "Now 2").await;
        let seen = dashboard(&world, &owner, 4).await.unwrap();
        let counts: Vec<(i32, i32)> = seen.new_customers.iter().map(|week| (week.count, week.before)).collect();
        assert_eq!(counts, [(0, 0), (0, 0), (1, 3), (2, 0)], "{:?}", seen.new_customers);
        assert_eq!((seen.customers_total, seen.customers_added, seen.customers_added_before), (6, 3, 3));
        assert_eq!(seen.new_customers[3].week_of, world.now().date_naive().to_string());
        assert_eq!(dashboard(&world, &owner, 0).await.unwrap().new_customers.len(), 12);
        assert_eq!(fields(&dashboard(&world, &owner, 5).await.unwrap_err()), ["weeks"]);
    }

    async fn leads_are_counted_by_stage_as_far_as_they_are_seen(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let accountant = owner.hire(&world, pb::Role::Accountant, "").await;
        let stages = stages(&world, &owner).await;
        let won = stages.iter().find(|stage| stage.kind() == pb::LeadStageKind::Won).unwrap();
        let worth = |minor_units| Some(Money { currency_code: "GBP".into(), minor_units });
        let today = world.now().date_naive().to_string();
        let roof = pb::Lead { name: "Roof".into(), value: worth(1_000), follow_up_on: today, ..Default::default() };
        lead(&world, &owner, roof.clone()).await;
        lead(&world, &owner, pb::Lead { name: "Door".into(), owner_id: staff.user_id.clone(), ..roof }).await;
        lead(&world, &owner, pb::Lead { name: "Won".into(), stage_id: won.id.clone(), value: worth(50), ..Default::default() }).await;
        let seen = dashboard(&world, &owner, 12).await.unwrap();
        assert_eq!((seen.leads_open, seen.leads_won, seen.leads_lost, seen.follow_ups_due), (2, 1, 0, 2));
        assert_eq!((seen.leads_added, seen.leads_added_before), (3, 0));
        assert_eq!(seen.open_value, worth(2_000));
        assert_eq!(seen.leads_by_stage.len(), stages.len());
        let of_won = seen.leads_by_stage.iter().find(|figure| figure.stage_id == won.id).unwrap();
        assert_eq!((of_won.count, of_won.value.clone()), (1, worth(50)));
        let of_staff = dashboard(&world, &staff, 12).await.unwrap();
        assert_eq!((of_staff.leads_open, of_staff.leads_won, of_staff.follow_ups_due), (1, 0, 1));
        let of_accountant = dashboard(&world, &accountant, 12).await.unwrap();
        assert!(of_accountant.leads_by_stage.is_empty() && of_accountant.leads_open == 0 && of_accountant.open_value.is_none());
        assert_eq!((of_staff.leads_added, of_accountant.leads_added), (1, 0));
        world.pass(TimeDelta::days(28));
        let owner = again(&world, &owner).await;
        let later = dashboard(&world, &owner, 4).await.unwrap();
        assert_eq!((later.leads_added, later.leads_added_before), (0, 3));
        let of_stage = |seen: &pb::GetDashboardResponse| seen.leads_by_stage.iter().map(|one| (one.added, one.added_before)).max();
        assert_eq!((of_stage(&seen), of_stage(&later)), (Some((2, 0)), Some((0, 2))));
    }

    async fn own_tasks_are_counted_and_the_late_among_them(world) {
        let owner = world.company("Harrow & Pike").await;
        to_noon(&world);
        let owner = again(&world, &owner).await;
        let stranger = world.company("Other Ltd").await;
        let mut service = TaskServiceClient::new(world.channel.clone());
        let yesterday = (world.now() - TimeDelta::days(1)).date_naive().to_string();
        for due_on in [yesterday, world.now().date_naive().to_string(), String::new()] {
            let task = pb::Task { title: "Call".into(), due_on, ..Default::default() };
            service.create_task(owner.ask(pb::CreateTaskRequest { task: Some(task) })).await.unwrap();
        }
        let done = pb::Task { title: "Measure".into(), ..Default::default() };
        let done = service.create_task(owner.ask(pb::CreateTaskRequest { task: Some(done) })).await.unwrap().into_inner().task.unwrap();
        service.complete_task(owner.ask(pb::CompleteTaskRequest { task_id: done.id, done: true })).await.unwrap();
        let seen = dashboard(&world, &owner, 4).await.unwrap();
        assert_eq!((seen.tasks_open, seen.tasks_late), (3, 1));
        set_time_zone(&world, &owner, "Pacific/Kiritimati").await;
        let seen = dashboard(&world, &owner, 4).await.unwrap();
        assert_eq!((seen.tasks_open, seen.tasks_late), (3, 2), "there it is tomorrow, and what was due today is late");
        let done = |seen: &pb::GetDashboardResponse| seen.tasks_done.iter().map(|week| (week.count, week.before)).collect::<Vec<_>>();
        assert_eq!(done(&seen), [(0, 0), (0, 0), (0, 0), (1, 0)]);
        let foreign = dashboard(&world, &stranger, 4).await.unwrap();
        assert_eq!((foreign.tasks_open, foreign.customers_total), (0, 0));
        assert_eq!(done(&foreign), [(0, 0); 4]);
    }
}
