//! `TaskService` of the client portal.

use streamflow_proto::client::v1::{
    self as pb, change_service_client::ChangeServiceClient, customer_service_client::CustomerServiceClient,
    task_service_client::TaskServiceClient, team_service_client::TeamServiceClient,
};
use streamflow_tests::{
    answer::{conflict, fields},
    on_both,
    person::Person,
    world::World,
};
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

/// Titles of what a filter finds, in order.
async fn found(world: &World, by: &Person, filter: &str, order_by: &str) -> Vec<String> {
    let list = pb::ListTasksRequest { everyone: true, filter: filter.into(), order_by: order_by.into(), ..Default::default() };
    let reply = tasks(world).list_tasks(by.ask(list)).await.unwrap().into_inner();
    reply.tasks.into_iter().map(|task| task.title).collect()
}

async fn update(world: &World, by: &Person, task: pb::Task, paths: &[&str]) -> Result<pb::UpdateTaskResponse, Status> {
    let mask = prost_types::FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
    let request = pb::UpdateTaskRequest { task: Some(task), update_mask: Some(mask) };
    Ok(tasks(world).update_task(by.ask(request)).await?.into_inner())
}

async fn archive(world: &World, by: &Person, id: &str, archived: bool) -> Result<pb::Task, Status> {
    let request = pb::ArchiveTaskRequest { task_id: id.into(), archived };
    Ok(tasks(world).archive_task(by.ask(request)).await?.into_inner().task.unwrap())
}

async fn customer(world: &World, by: &Person, name: &str) -> String {
    let customer = pb::Customer { name: name.into(), owner_id: by.user_id.clone(), ..Default::default() };
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
        world.handed_on().await;
        let watch = staff.ask(pb::WatchRequest::default());
        let mut stream = ChangeServiceClient::new(world.channel.clone()).watch(watch).await.unwrap().into_inner();
        add(&world, &owner, task("not yours", "", "")).await.unwrap();
        let made = add(&world, &owner, task("yours", "", &staff.user_id)).await.unwrap();
        let heard = tokio::time::timeout(std::time::Duration::from_secs(60), async {
            loop {
                if let Some(change) = stream.message().await.unwrap().unwrap().change.filter(|change| change.entity == "task") {
                    return change.id;
                }
            }
        });
        assert_eq!(heard.await.unwrap(), made.id);
    }

    async fn lists_of_tasks_are_searched_filtered_and_ordered(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let weber = customer(&world, &owner, "Weber Roofing").await;
        let about = pb::Task { record_kind: pb::RecordKind::Customer.into(), record_id: weber, ..task("Call back", "2026-12-03", "") };
        add(&world, &owner, about).await.unwrap();
        world.pass(chrono::TimeDelta::seconds(1));
        add(&world, &owner, task("Send the offer", "2026-12-01", &staff.user_id)).await.unwrap();
        world.pass(chrono::TimeDelta::seconds(1));
        add(&world, &owner, task("Tidy up", "", "")).await.unwrap();
        assert_eq!(found(&world, &owner, "", "").await, ["Send the offer", "Call back", "Tidy up"]);
        assert_eq!(found(&world, &owner, "", "due_on desc").await, ["Call back", "Send the offer", "Tidy up"]);
        assert_eq!(found(&world, &owner, "", "created_at desc").await, ["Tidy up", "Send the offer", "Call back"]);
        assert_eq!(found(&world, &owner, "search : \"weber CALL\"", "").await, ["Call back"]);
        assert_eq!(found(&world, &owner, &format!("assignee_id = \"{}\"", staff.user_id), "").await, ["Send the offer"]);
        assert_eq!(found(&world, &owner, "due_on >= \"2026-12-02\"", "").await, ["Call back"]);
        assert_eq!(found(&world, &owner, "due_on = none AND done = false", "").await, ["Tidy up"]);
        let wrong = pb::ListTasksRequest { filter: "record_id = \"x\" AND colour = red".into(), order_by: "title".into(), ..Default::default() };
        assert_eq!(fields(&tasks(&world).list_tasks(owner.ask(wrong)).await.unwrap_err()), ["filter", "filter", "order_by"]);
        let first = pb::ListTasksRequest { page_size: 2, everyone: true, order_by: "created_at desc".into(), ..Default::default() };
        let page = tasks(&world).list_tasks(owner.ask(first.clone())).await.unwrap().into_inner().page.unwrap();
        assert_eq!(page.total_size, 3);
        let second = pb::ListTasksRequest { page_token: page.next_page_token, ..first };
        let second = tasks(&world).list_tasks(owner.ask(second)).await.unwrap().into_inner().tasks;
        assert_eq!(second.iter().map(|task| task.title.as_str()).collect::<Vec<_>>(), ["Call back"]);
    }

    async fn a_records_tasks_are_found_by_it_and_no_more_is_told(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Other Ltd").await;
        let team = pb::CreateTeamRequest { team: Some(pb::Team { name: "North".into(), ..Default::default() }) };
        let team = TeamServiceClient::new(world.channel.clone()).create_team(owner.ask(team)).await.unwrap().into_inner().team.unwrap().id;
        let manager = owner.hire(&world, pb::Role::Manager, &team).await;
        let staff = owner.hire(&world, pb::Role::Staff, &team).await;
        let hidden = customer(&world, &owner, "Hidden Ltd").await;
        let about = |title: &str, person: &Person| {
            pb::Task { record_kind: pb::RecordKind::Customer.into(), record_id: hidden.clone(), ..task(title, "", &person.user_id) }
        };
        add(&world, &owner, about("owner's", &owner)).await.unwrap();
        add(&world, &owner, about("staff's", &staff)).await.unwrap();
        add(&world, &owner, task("of nothing", "", "")).await.unwrap();
        let of_it = format!("record_id = \"{hidden}\"");
        let mut all = found(&world, &owner, &of_it, "").await;
        all.sort();
        assert_eq!(all, ["owner's", "staff's"]);
        // Whoever has the task knows what it is about; their manager does not see that record.
        assert_eq!(found(&world, &staff, &of_it, "").await, ["staff's"]);
        assert_eq!(found(&world, &manager, "", "").await, ["staff's"]);
        assert!(found(&world, &manager, &of_it, "").await.is_empty());
        assert_eq!(found(&world, &staff, "search : hidden", "").await, ["staff's"]);
        assert!(found(&world, &manager, "search : hidden", "").await.is_empty());
        assert!(found(&world, &stranger, &of_it, "").await.is_empty());
    }

    async fn edits_of_a_task_merge_and_of_the_same_field_conflict(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Other Ltd").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let made = add(&world, &owner, task("Call", "2026-12-01", &staff.user_id)).await.unwrap();
        let titled = pb::Task { title: "Call Weber".into(), ..made.clone() };
        let once = update(&world, &owner, titled.clone(), &["title"]).await.unwrap().task.unwrap();
        assert_eq!((once.title.as_str(), once.version), ("Call Weber", 2));
        let dated = pb::Task { due_on: "2026-12-02".into(), ..made.clone() };
        let merged = update(&world, &staff, dated, &["due_on"]).await.unwrap();
        let task_now = merged.task.unwrap();
        assert_eq!((task_now.title.as_str(), task_now.due_on.as_str(), task_now.version), ("Call Weber", "2026-12-02", 3));
        assert_eq!(merged.merged_fields, ["title"]);
        let clash = pb::Task { title: "Ring".into(), ..made.clone() };
        let detail: pb::TaskConflict = conflict(&update(&world, &staff, clash, &["title"]).await.unwrap_err());
        assert_eq!((detail.fields, detail.changed_by, detail.current), (vec!["title".to_owned()], "Olive Owner".to_owned(), Some(task_now)));
        assert_eq!(update(&world, &owner, titled.clone(), &["title"]).await.unwrap().task.unwrap().version, 3);

        let wrong = pb::Task { title: String::new(), due_on: "soon".into(), version: 0, ..made.clone() };
        let problems = fields(&update(&world, &owner, wrong, &["title", "due_on", "record_id"]).await.unwrap_err());
        assert_eq!(problems, ["task.version", "update_mask", "task.title", "task.due_on"]);
        let foreign = pb::Task { assignee_id: stranger.user_id.clone(), version: 3, ..made.clone() };
        assert_eq!(fields(&update(&world, &owner, foreign, &["assignee_id"]).await.unwrap_err()), ["task.assignee_id"]);
        assert_eq!(update(&world, &stranger, titled, &["title"]).await.unwrap_err().code(), Code::NotFound);
        let newer = pb::Task { version: 9, ..made.clone() };
        assert_eq!(fields(&update(&world, &owner, newer, &["title"]).await.unwrap_err()), ["task.version"]);

        let given = pb::Task { assignee_id: owner.user_id.clone(), version: 3, ..made.clone() };
        let given = update(&world, &staff, given, &["assignee_id"]).await.unwrap().task.unwrap();
        assert_eq!(given.assignee_id, owner.user_id);
        assert!(titles(&world, &staff, true).await.is_empty());
        let late = pb::Task { title: "Mine still".into(), version: 4, ..made };
        assert_eq!(update(&world, &staff, late, &["title"]).await.unwrap_err().code(), Code::NotFound);
    }

    async fn an_archived_task_leaves_the_lists_and_comes_back(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Other Ltd").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let made = add(&world, &owner, task("Call", "", "")).await.unwrap();
        for other in [&stranger, &staff] {
            assert_eq!(archive(&world, other, &made.id, true).await.unwrap_err().code(), Code::NotFound);
        }
        let away = archive(&world, &owner, &made.id, true).await.unwrap();
        assert!(away.archived_at.is_some() && away.version == 2);
        assert_eq!(archive(&world, &owner, &made.id, true).await.unwrap().version, 2);
        assert!(titles(&world, &owner, true).await.is_empty());
        assert_eq!(found(&world, &owner, "archived = true", "").await, ["Call"]);
        let back = archive(&world, &owner, &made.id, false).await.unwrap();
        assert!(back.archived_at.is_none() && back.version == 3);
        assert_eq!(titles(&world, &owner, false).await, ["Call"]);
        assert_eq!(archive(&world, &owner, "task_1", true).await.unwrap_err().code(), Code::NotFound);
    }

    async fn owners_hear_of_everybodys_tasks_and_managers_of_their_teams(world) {
        let owner = world.company("Harrow & Pike").await;
        let team = pb::CreateTeamRequest { team: Some(pb::Team { name: "North".into(), ..Default::default() }) };
        let team = TeamServiceClient::new(world.channel.clone()).create_team(owner.ask(team)).await.unwrap().into_inner().team.unwrap().id;
        let manager = owner.hire(&world, pb::Role::Manager, &team).await;
        let near = owner.hire(&world, pb::Role::Staff, &team).await;
        let far = owner.hire(&world, pb::Role::Staff, "").await;
        world.handed_on().await;
        let mut streams = Vec::new();
        for person in [&owner, &manager] {
            let watch = person.ask(pb::WatchRequest::default());
            streams.push(ChangeServiceClient::new(world.channel.clone()).watch(watch).await.unwrap().into_inner());
        }
        let of_far = add(&world, &far, task("far", "", "")).await.unwrap().id;
        let of_near = add(&world, &near, task("near", "", "")).await.unwrap().id;
        for (mut stream, expected) in streams.into_iter().zip([vec![of_far, of_near.clone()], vec![of_near]]) {
            for id in expected {
                let heard = tokio::time::timeout(std::time::Duration::from_secs(60), async {
                    loop {
                        if let Some(change) = stream.message().await.unwrap().unwrap().change.filter(|change| change.entity == "task") {
                            return change.id;
                        }
                    }
                });
                assert_eq!(heard.await.unwrap(), id);
            }
        }
    }
}
