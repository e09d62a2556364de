//! `TaskService` of the client portal.

use streamflow_proto::client::v1::{
    self as pb, change_service_client::ChangeServiceClient, customer_service_client::CustomerServiceClient,
    task_service_client::TaskServiceClient, team_service_client::TeamServiceClient,
};
use streamflow_tests::{answer::fields, on_both, person::Person, world::World};
use tonic::{Code, Status, transport::Channel};

fn tasks(world: &World) -> TaskServiceClient<Channel> {
    TaskServiceClient::new(world.channel.clone())
}

async fn add(world: &World, by: &Person, task: pb::Task) -> Result<pb::Task, Status> {
    Ok(tasks(world).create_task(by.ask(pb::CreateTaskRequest { task: Some(task) })).await?.into_inner().task.unwrap())
}

fn task(title: &str, due_on: &str, assignee: &str) -> pb::Task {
    pb::Task { title: title.into(), due_on: due_on.into(), assignee_id: assignee.into(), ..Default::default() }
}

async fn titles(world: &World, by: &Person, everyone: bool) -> Vec<String> {
    let list = pb::ListTasksRequest { everyone, ..Default::default() };
    let reply = tasks(world).list_tasks(by.ask(list)).await.unwrap().into_inner();
    assert_eq!(reply.page.unwrap().total_size as usize, reply.tasks.len());
    reply.tasks.into_iter().map(|task| task.title).collect()
}

async fn customer(world: &World, by: &Person, name: &str) -> String {
    let customer = pb::Customer { name: name.into(), ..Default::default() };
    let reply = CustomerServiceClient::new(world.channel.clone())
        .create_customer(by.ask(pb::CreateCustomerRequest { customer: Some(customer) }))
        .await;
    reply.unwrap().into_inner().customer.unwrap().id
}

on_both! {
    async fn tasks_come_by_day_page_by_page(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut expected = Vec::new();
        for n in 0..7 {
            let due = if n < 5 { format!("2026-12-{:02}", 10 - n / 2) } else { String::new() };
            let made = add(&world, &owner, task(&format!("Task {n}"), &due, "")).await.unwrap();
            assert_eq!(made.assignee_id, owner.user_id);
            expected.push((due.is_empty(), due, made.id));
        }
        expected.sort();
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let list = pb::ListTasksRequest { page_size: 2, page_token: token, ..Default::default() };
            let reply = tasks(&world).list_tasks(owner.ask(list)).await.unwrap().into_inner();
            seen.extend(reply.tasks.into_iter().map(|task| task.id));
            token = reply.page.unwrap().next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, expected.into_iter().map(|(_, _, id)| id).collect::<Vec<_>>());
        let list = pb::ListTasksRequest { page_size: 2, ..Default::default() };
        let token = tasks(&world).list_tasks(owner.ask(list)).await.unwrap().into_inner().page.unwrap().next_page_token;
        let other = pb::ListTasksRequest { page_token: token, everyone: true, ..Default::default() };
        assert_eq!(fields(&tasks(&world).list_tasks(owner.ask(other)).await.unwrap_err()), ["page_token"]);
    }

    async fn people_see_their_own_and_managers_their_teams(world) {
        let owner = world.company("Harrow & Pike").await;
        let team = pb::CreateTeamRequest { team: Some(pb::Team { name: "North".into(), ..Default::default() }) };
        let team = TeamServiceClient::new(world.channel.clone()).create_team(owner.ask(team)).await.unwrap().into_inner().team.unwrap().id;
        let manager = owner.hire(&world, pb::Role::Manager, &team).await;
        let staff = owner.hire(&world, pb::Role::Staff, &team).await;
        let accountant = owner.hire(&world, pb::Role::Accountant, "").await;
        add(&world, &owner, task("owner's", "", "")).await.unwrap();
        let of_staff = add(&world, &owner, task("staff's", "", &staff.user_id)).await.unwrap();
        add(&world, &owner, task("accountant's", "", &accountant.user_id)).await.unwrap();
        assert_eq!(titles(&world, &owner, true).await.len(), 3);
        assert_eq!(titles(&world, &owner, false).await, ["owner's"]);
        assert_eq!(titles(&world, &manager, true).await, ["staff's"]);
        assert_eq!(titles(&world, &staff, true).await, ["staff's"]);
        assert_eq!(titles(&world, &accountant, true).await, ["accountant's"]);
        let complete = |done| pb::CompleteTaskRequest { task_id: of_staff.id.clone(), done };
        assert_eq!(tasks(&world).complete_task(accountant.ask(complete(true))).await.unwrap_err().code(), Code::NotFound);
        let done = tasks(&world).complete_task(manager.ask(complete(true))).await.unwrap().into_inner().task.unwrap();
        assert!(done.done_at.is_some() && done.version == 2);
        let again = tasks(&world).complete_task(staff.ask(complete(true))).await.unwrap().into_inner().task.unwrap();
        assert_eq!(again.version, 2);
        assert!(titles(&world, &staff, false).await.is_empty());
        let open = tasks(&world).complete_task(staff.ask(complete(false))).await.unwrap().into_inner().task.unwrap();
        assert!(open.done_at.is_none() && open.version == 3);
    }

    async fn a_task_is_about_a_record_its_maker_sees(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Other Ltd").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let hidden = customer(&world, &owner, "Hidden Ltd").await;
        let theirs = customer(&world, &stranger, "Theirs Ltd").await;
        let about = |id: &str| pb::Task { record_kind: pb::RecordKind::Customer.into(), record_id: id.into(), ..task("Call", "", "") };
        let made = add(&world, &owner, about(&hidden)).await.unwrap();
        assert_eq!((made.record_name.as_str(), made.record_id.as_str()), ("Hidden Ltd", hidden.as_str()));
        assert_eq!(fields(&add(&world, &staff, about(&hidden)).await.unwrap_err()), ["task.record_id"]);
        let both = pb::Task { assignee_id: stranger.user_id.clone(), ..about(&theirs) };
        assert_eq!(fields(&add(&world, &owner, both).await.unwrap_err()), ["task.assignee_id", "task.record_id"]);
        let wrong = pb::Task { due_on: "soon".into(), ..task(" ", "", "x") };
        assert_eq!(fields(&add(&world, &owner, wrong).await.unwrap_err()), ["task.title", "task.due_on", "task.assignee_id"]);
        let foreign = pb::CompleteTaskRequest { task_id: made.id, done: true };
        assert_eq!(tasks(&world).complete_task(stranger.ask(foreign)).await.unwrap_err().code(), Code::NotFound);
    }

    async fn a_new_task_reaches_its_person_alive(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let watch = staff.ask(pb::WatchRequest::default());
        let mut stream = ChangeServiceClient::new(world.channel.clone()).watch(watch).await.unwrap().into_inner();
        add(&world, &owner, task("not yours", "", "")).await.unwrap();
        let made = add(&world, &owner, task("yours", "", &staff.user_id)).await.unwrap();
        let heard = tokio::time::timeout(std::time::Duration::from_secs(5), async {
            loop {
                if let Some(change) = stream.message().await.unwrap().unwrap().change.filter(|change| change.entity == "task") {
                    return change.id;
                }
            }
        });
        assert_eq!(heard.await.unwrap(), made.id);
    }
}
