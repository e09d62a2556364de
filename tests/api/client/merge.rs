//! `MergeService`.

use streamflow_proto::client::v1::{
    self as pb, merge_service_client::MergeServiceClient, record_service_client::RecordServiceClient,
    search_service_client::SearchServiceClient, task_service_client::TaskServiceClient,
    timeline_service_client::TimelineServiceClient,
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
    person::Person,
};
use tonic::{Code, Status, transport::Channel};

use super::{contact, custom_field, customer, lead};

const CUSTOMER: i32 = pb::RecordKind::Customer as i32;
const CONTACT: i32 = pb::RecordKind::Contact as i32;

fn service(person: &Person) -> MergeServiceClient<Channel> {
    MergeServiceClient::new(person.channel.clone())
}

async fn duplicates(person: &Person, kind: i32, record_id: &str) -> Result<Vec<pb::DuplicateGroup>, Status> {
    let request = pb::FindDuplicatesRequest { kind, record_id: record_id.into() };
    Ok(service(person).find_duplicates(person.ask(request)).await?.into_inner().groups)
}

fn names(groups: &[pb::DuplicateGroup]) -> Vec<Vec<&str>> {
    groups.iter().map(|group| group.records.iter().map(|record| record.name.as_str()).collect()).collect()
}

async fn preview(person: &Person, kind: i32, survivor: &str, others: &[&str]) -> Result<pb::PreviewMergeResponse, Status> {
    let other_ids = others.iter().map(|id| (*id).to_owned()).collect();
    let request = pb::PreviewMergeRequest { kind, survivor_id: survivor.into(), other_ids };
    Ok(service(person).preview_merge(person.ask(request)).await?.into_inner())
}

fn looked(id: &str, version: i64) -> pb::MergedVersion {
    pb::MergedVersion { id: id.into(), version }
}

fn group(survivor: (&str, i64), other: (&str, i64), choices: &[(&str, &str)]) -> pb::MergeGroup {
    let choice = |(field, from_id): &(&str, &str)| pb::MergeChoice { field: (*field).into(), from_id: (*from_id).into() };
    pb::MergeGroup {
        survivor: Some(looked(survivor.0, survivor.1)),
        others: vec![looked(other.0, other.1)],
        choices: choices.iter().map(choice).collect(),
    }
}

async fn merge(person: &Person, kind: i32, groups: Vec<pb::MergeGroup>) -> Result<Vec<String>, Status> {
    let request = pb::MergeRecordsRequest { kind, groups };
    Ok(service(person).merge_records(person.ask(request)).await?.into_inner().merge_ids)
}

async fn undo(person: &Person, merge_id: &str) -> Result<pb::UndoMergeResponse, Status> {
    let request = pb::UndoMergeRequest { merge_id: merge_id.into() };
    Ok(service(person).undo_merge(person.ask(request)).await?.into_inner())
}

async fn events(person: &Person, kind: i32, record_id: &str) -> Vec<pb::TimelineEvent> {
    let request = pb::ListTimelineRequest { kind, record_id: record_id.into(), ..Default::default() };
    let mut service = TimelineServiceClient::new(person.channel.clone());
    service.list_timeline(person.ask(request)).await.unwrap().into_inner().events
}

async fn notes(person: &Person, kind: i32, record_id: &str) -> Vec<String> {
    let note = |event: &pb::TimelineEvent| event.kind() == pb::TimelineEventKind::Note;
    events(person, kind, record_id).await.into_iter().filter(note).map(|event| event.text).collect()
}

async fn write_note(person: &Person, kind: i32, record_id: &str, text: &str) {
    let request = pb::AddNoteRequest { kind, record_id: record_id.into(), text: text.into() };
    TimelineServiceClient::new(person.channel.clone()).add_note(person.ask(request)).await.unwrap();
}

async fn add_task(person: &Person, assignee: &str, kind: i32, record_id: &str) -> Result<(), Status> {
    let task = pb::Task {
        title: "Call".into(),
        assignee_id: assignee.into(),
        record_kind: kind,
        record_id: record_id.into(),
        ..Default::default()
    };
    TaskServiceClient::new(person.channel.clone()).create_task(person.ask(pb::CreateTaskRequest { task: Some(task) })).await?;
    Ok(())
}

async fn tasks(person: &Person) -> Vec<(String, String)> {
    let mut service = TaskServiceClient::new(person.channel.clone());
    let reply = service.list_tasks(person.ask(pb::ListTasksRequest::default())).await.unwrap().into_inner();
    reply.tasks.into_iter().map(|task| (task.record_id, task.record_name)).collect()
}

async fn contacts_found(person: &Person, query: &str) -> Vec<String> {
    let request = pb::SearchRequest { query: query.into(), kinds: vec![CONTACT], ..Default::default() };
    let reply = SearchServiceClient::new(person.channel.clone()).search(person.ask(request)).await.unwrap();
    reply.into_inner().hits.into_iter().map(|hit| hit.subtitle).collect()
}

async fn put(person: &Person, id: &str, away: bool) {
    let mut service = RecordServiceClient::new(person.channel.clone());
    let ids = vec![id.to_owned()];
    if away {
        service.archive_records(person.ask(pb::ArchiveRecordsRequest { kind: CUSTOMER, ids })).await.unwrap();
    } else {
        service.restore_records(person.ask(pb::RestoreRecordsRequest { kind: CUSTOMER, ids })).await.unwrap();
    }
}

on_both! {
    async fn duplicates_are_found_among_what_a_person_sees(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let employee = owner.hire(&world, pb::Role::Employee, "").await;
        let stranger = world.company("Elsewhere").await;
        let first = pb::Customer { phone: "0921-12 34 65".into(), ..customer::named("Berglunds snabbköp AB") };
        let first = customer::create(&owner, first).await.unwrap();
        customer::create(&owner, customer::named("Berglunds snabkop")).await.unwrap();
        customer::create(&owner, pb::Customer { phone: "+46 921 12 34 65".into(), ..customer::named("Kiosk") }).await.unwrap();
        customer::create(&owner, customer::named("Nobody")).await.unwrap();
        customer::create(&stranger, customer::named("Berglunds snabbköp AB")).await.unwrap();
        customer::create(&staff, customer::named("Berglunds snabbköp")).await.unwrap();
        let groups = duplicates(&owner, CUSTOMER, "").await.unwrap();
        assert_eq!(names(&groups), [["Berglunds snabbköp AB", "Berglunds snabkop", "Kiosk", "Berglunds snabbköp"]]);
        let reasons = [pb::DuplicateReason::Phone as i32, pb::DuplicateReason::Name as i32];
        assert_eq!(groups[0].reasons, reasons);
        let of_first = duplicates(&owner, CUSTOMER, &first.id).await.unwrap();
        assert_eq!(names(&of_first), [["Berglunds snabbköp AB", "Berglunds snabkop", "Kiosk", "Berglunds snabbköp"]]);
        assert!(duplicates(&staff, CUSTOMER, "").await.unwrap().is_empty());
        assert_eq!(duplicates(&staff, CUSTOMER, &first.id).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(duplicates(&stranger, CUSTOMER, &first.id).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(duplicates(&employee, CUSTOMER, "").await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(fields(&duplicates(&owner, pb::RecordKind::Lead.into(), "").await.unwrap_err()), ["kind"]);
        let ana = contact::create(&owner, &first.id, "Ana Silva").await.unwrap();
        contact::create(&owner, &first.id, "Ana Silvo").await.unwrap();
        assert_eq!(names(&duplicates(&owner, CONTACT, "").await.unwrap()), [["Ana Silva", "Ana Silvo"]]);
        assert_eq!(names(&duplicates(&owner, CONTACT, &ana.id).await.unwrap()), [["Ana Silva", "Ana Silvo"]]);
    }

    async fn what_hangs_on_a_duplicate_goes_to_its_survivor_and_back(world) {
        let owner = world.company("Harrow & Pike").await;
        let kept = pb::Customer { email: "old@harbour.example".into(), tags: vec!["VIP".into()], ..customer::named("Harbour") };
        let kept = customer::create(&owner, kept).await.unwrap();
        let gone = pb::Customer { phone: "0113 496 0142".into(), email: "new@harbour.example".into(), tags: vec!["vip".into(), "Net 30".into()], external_id: "H-1".into(), ..customer::named("Harbor Ltd") };
        let gone = customer::create(&owner, gone).await.unwrap();
        let ana = contact::create(&owner, &gone.id, "Ana").await.unwrap();
        write_note(&owner, CUSTOMER, &gone.id, "Side entrance").await;
        add_task(&owner, &owner.user_id, CUSTOMER, &gone.id).await.unwrap();
        let roof = lead::create(&owner, lead::named("Roof")).await.unwrap();
        let roof = lead::convert(&owner, &roof).await.unwrap();
        let roofs = customer::get(&owner, &roof.customer_id).await.unwrap();
        let gone_version = customer::get(&owner, &gone.id).await.unwrap().version;

        let shown = preview(&owner, CUSTOMER, &kept.id, &[&gone.id, &roofs.id]).await.unwrap();
        assert_eq!((shown.contacts, shown.leads, shown.tasks, shown.notes), (1, 1, 1, 1));
        assert_eq!(shown.tags, ["VIP", "Net 30"]);
        let differing: Vec<_> = shown.fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(differing, ["name", "email", "phone", "external_id"]);
        assert_eq!((shown.fields[2].usual_id.as_str(), shown.fields[1].usual_id.as_str()), (gone.id.as_str(), kept.id.as_str()));

        let mut wanted = group((kept.id.as_str(), kept.version), (gone.id.as_str(), gone_version), &[("email", gone.id.as_str())]);
        wanted.others.push(looked(roofs.id.as_str(), roofs.version));
        let merges = merge(&owner, CUSTOMER, vec![wanted]).await.unwrap();
        let one = customer::get(&owner, &kept.id).await.unwrap();
        assert_eq!((one.name.as_str(), one.email.as_str(), one.phone.as_str()), ("Harbour", "new@harbour.example", "0113 496 0142"));
        assert_eq!((one.external_id.as_str(), one.main_contact_name.as_str()), ("H-1", "Ana"));
        assert_eq!(one.tags, ["VIP", "Net 30"]);
        let away = customer::get(&owner, &gone.id).await.unwrap();
        assert!(away.archived_at.is_some() && away.main_contact_name.is_empty() && away.external_id.is_empty());
        assert_eq!(away.merged_into_id, kept.id);
        let moved = contact::get(&owner, &ana.id).await.unwrap();
        assert_eq!((moved.customer_id.as_str(), moved.main), (kept.id.as_str(), true));
        assert_eq!(contacts_found(&owner, "ana").await, ["Harbour"]);
        assert_eq!(lead::get(&owner, &roof.lead.as_ref().unwrap().id).await.unwrap().customer_id, kept.id);
        assert_eq!(tasks(&owner).await, [(kept.id.clone(), "Harbour".to_owned())]);
        assert_eq!(notes(&owner, CUSTOMER, &kept.id).await, ["Side entrance"]);
        let told = events(&owner, CUSTOMER, &kept.id).await.into_iter().find(|event| event.kind() == pb::TimelineEventKind::Merged);
        assert_eq!(told.unwrap().text, "C-10002 Harbor Ltd, C-10003 Roof");
        assert!(duplicates(&owner, CUSTOMER, "").await.unwrap().is_empty());

        let back = undo(&owner, &merges[0]).await.unwrap();
        assert!(back.kept_fields.is_empty() && back.kept_records.is_empty(), "{back:?}");
        assert_eq!((back.survivor_id.as_str(), back.restored_ids.len()), (kept.id.as_str(), 2));
        let one = customer::get(&owner, &kept.id).await.unwrap();
        assert_eq!((one.email.as_str(), one.phone.as_str(), one.external_id.as_str()), ("old@harbour.example", "", ""));
        assert_eq!((one.main_contact_name.as_str(), one.tags), ("", vec!["VIP".to_owned()]));
        let again = customer::get(&owner, &gone.id).await.unwrap();
        assert_eq!((again.external_id.as_str(), again.main_contact_name.as_str(), again.merged_into_id.as_str()), ("H-1", "Ana", ""));
        assert!(again.archived_at.is_none() && contact::get(&owner, &ana.id).await.unwrap().main);
        assert_eq!(lead::get(&owner, &roof.lead.unwrap().id).await.unwrap().customer_id, roofs.id);
        assert_eq!(tasks(&owner).await, [(gone.id.clone(), "Harbor Ltd".to_owned())]);
        assert_eq!(notes(&owner, CUSTOMER, &gone.id).await, ["Side entrance"]);
        assert_eq!(reason(&undo(&owner, &merges[0]).await.unwrap_err()), "MERGE_UNDONE");
    }

    async fn fields_of_the_companys_own_are_merged_like_all_others(world) {
        let owner = world.company("Harrow & Pike").await;
        for key in ["gate", "roof"] {
            custom_field::create(&owner, custom_field::field(pb::RecordKind::Customer, key, key, pb::CustomFieldType::Text)).await.unwrap();
        }
        let with = |name: &str, values: &[(&str, &str)]| {
            let custom = values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            pb::Customer { custom, ..customer::named(name) }
        };
        let kept = customer::create(&owner, with("Harbour", &[("roof", "Flat")])).await.unwrap();
        let gone = customer::create(&owner, with("Harbour", &[("roof", "Gable"), ("gate", "4711")])).await.unwrap();
        let shown = preview(&owner, CUSTOMER, &kept.id, &[&gone.id]).await.unwrap();
        let differing: Vec<_> = shown.fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(differing, ["custom.gate", "custom.roof"]);

        let both = |choices: &[(&str, &str)]| group((kept.id.as_str(), kept.version), (gone.id.as_str(), gone.version), choices);
        let nobodys = merge(&owner, CUSTOMER, vec![both(&[("custom.cellar", gone.id.as_str())])]).await.unwrap_err();
        assert_eq!(fields(&nobodys), ["groups[0].choices[0].field"]);
        let merges = merge(&owner, CUSTOMER, vec![both(&[("custom.roof", gone.id.as_str())])]).await.unwrap();
        let one = customer::get(&owner, &kept.id).await.unwrap();
        assert_eq!((one.custom["roof"].as_str(), one.custom["gate"].as_str()), ("Gable", "4711"));
        undo(&owner, &merges[0]).await.unwrap();
        let one = customer::get(&owner, &kept.id).await.unwrap();
        assert_eq!((one.custom["roof"].as_str(), one.custom.get("gate")), ("Flat", None));
    }

    async fn what_changed_since_stays_when_a_merge_is_undone(world) {
        let owner = world.company("Harrow & Pike").await;
        let kept = customer::create(&owner, customer::named("Harbour")).await.unwrap();
        let gone = pb::Customer { phone: "0113 496 0142".into(), website: "https://harbour.example".into(), ..customer::named("Harbor") };
        let gone = customer::create(&owner, gone).await.unwrap();
        let merges = merge(&owner, CUSTOMER, vec![group((kept.id.as_str(), 1), (gone.id.as_str(), 1), &[])]).await.unwrap();
        let one = customer::get(&owner, &kept.id).await.unwrap();
        customer::update(&owner, pb::Customer { phone: "0113 496 0999".into(), ..one }, &["phone"]).await.unwrap();
        // Somebody has no use for the merge and takes the record back by hand.
        put(&owner, &gone.id, false).await;
        assert_eq!(customer::get(&owner, &gone.id).await.unwrap().merged_into_id, "");
        put(&owner, &gone.id, true).await;
        assert_eq!(customer::get(&owner, &gone.id).await.unwrap().merged_into_id, "");
        let back = undo(&owner, &merges[0]).await.unwrap();
        assert_eq!((back.kept_fields, back.kept_records), (vec!["phone".to_owned()], vec!["C-10002 Harbor".to_owned()]));
        let one = customer::get(&owner, &kept.id).await.unwrap();
        assert_eq!((one.phone.as_str(), one.website.as_str()), ("0113 496 0999", ""));
        assert!(customer::get(&owner, &gone.id).await.unwrap().archived_at.is_some());
    }

    async fn merges_are_all_or_none_and_of_ones_own(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let employee = owner.hire(&world, pb::Role::Employee, "").await;
        let stranger = world.company("Elsewhere").await;
        let mut ids = Vec::new();
        for n in 0..4 {
            ids.push(customer::create(&staff, customer::named(&format!("Firm {n}"))).await.unwrap().id);
        }
        let hidden = customer::create(&owner, customer::named("Hidden")).await.unwrap();
        let theirs = customer::create(&stranger, customer::named("Theirs")).await.unwrap();
        for foreign in [&hidden.id, &theirs.id] {
            let refused = merge(&staff, CUSTOMER, vec![group((ids[0].as_str(), 1), (foreign.as_str(), 1), &[])]).await.unwrap_err();
            assert_eq!(refused.code(), Code::NotFound);
            assert_eq!(preview(&staff, CUSTOMER, &ids[0], &[foreign]).await.unwrap_err().code(), Code::NotFound);
        }
        let stale = vec![group((ids[0].as_str(), 1), (ids[1].as_str(), 1), &[]), group((ids[2].as_str(), 1), (ids[3].as_str(), 7), &[])];
        let refused = merge(&staff, CUSTOMER, stale).await.unwrap_err();
        assert_eq!(refused.code(), Code::Aborted);
        assert!(customer::get(&staff, &ids[1]).await.unwrap().archived_at.is_none());
        let twice = vec![group((ids[0].as_str(), 0), (ids[0].as_str(), 1), &[("number", ids[0].as_str())])];
        let refused = merge(&staff, CUSTOMER, twice).await.unwrap_err();
        assert_eq!(fields(&refused), ["groups[0].survivor.version", "groups[0].others[0].id", "groups[0].choices[0].field"]);
        assert_eq!(fields(&merge(&staff, 0, Vec::new()).await.unwrap_err()), ["kind", "groups"]);
        assert_eq!(fields(&preview(&staff, 0, "", &[]).await.unwrap_err()), ["kind", "other_ids"]);
        let pair = || vec![group((ids[0].as_str(), 1), (ids[1].as_str(), 1), &[])];
        assert_eq!(merge(&employee, CUSTOMER, pair()).await.unwrap_err().code(), Code::PermissionDenied);
        // A task of somebody else, which this person does not see, would move too.
        add_task(&owner, &owner.user_id, CUSTOMER, &ids[1]).await.unwrap();
        assert_eq!(reason(&merge(&staff, CUSTOMER, pair()).await.unwrap_err()), "MERGE_NEEDS_OTHERS");
        let both = vec![group((ids[1].as_str(), 1), (ids[0].as_str(), 1), &[]), group((ids[2].as_str(), 1), (ids[3].as_str(), 1), &[])];
        let merges = merge(&staff, CUSTOMER, both).await.unwrap();
        assert_eq!(merges.len(), 2);
        assert_eq!(undo(&stranger, &merges[0]).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(undo(&employee, &merges[0]).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(undo(&staff, "mrg_x").await.unwrap_err().code(), Code::NotFound);
        let archived = merge(&staff, CUSTOMER, vec![group((ids[1].as_str(), 2), (ids[0].as_str(), 2), &[])]).await.unwrap_err();
        assert_eq!(fields(&archived), ["groups[0]"]);
        // The second merge stands on the first, which can't be taken back before it.
        let chain = merge(&staff, CUSTOMER, vec![group((ids[2].as_str(), 2), (ids[1].as_str(), 2), &[])]).await;
        let refused = chain.as_ref().err().map(reason);
        assert_eq!(refused.as_deref(), Some("MERGE_NEEDS_OTHERS"));
        let chain = merge(&owner, CUSTOMER, vec![group((ids[2].as_str(), 2), (ids[1].as_str(), 2), &[])]).await.unwrap();
        assert_eq!(reason(&undo(&owner, &merges[0]).await.unwrap_err()), "MERGED_ON");
        undo(&owner, &chain[0]).await.unwrap();
        assert_eq!(undo(&staff, &merges[0]).await.unwrap().restored_ids, [ids[0].clone()]);
    }

    async fn contacts_are_merged_across_customers(world) {
        let owner = world.company("Harrow & Pike").await;
        let here = customer::create(&owner, customer::named("Harbour")).await.unwrap();
        let there = customer::create(&owner, customer::named("Mill")).await.unwrap();
        let ana = contact::create(&owner, &here.id, "Ana").await.unwrap();
        let ben = contact::create(&owner, &here.id, "Ben").await.unwrap();
        let far = contact::create(&owner, &there.id, "Benjamin").await.unwrap();
        add_task(&owner, &owner.user_id, CONTACT, &far.id).await.unwrap();
        let mut wanted = group((ben.id.as_str(), 1), (far.id.as_str(), 1), &[("name", far.id.as_str())]);
        wanted.others.push(looked(ana.id.as_str(), contact::get(&owner, &ana.id).await.unwrap().version));
        let merges = merge(&owner, CONTACT, vec![wanted]).await.unwrap();
        let one = contact::get(&owner, &ben.id).await.unwrap();
        assert_eq!((one.name.as_str(), one.main, one.customer_id.as_str()), ("Benjamin", true, here.id.as_str()));
        assert_eq!(customer::get(&owner, &here.id).await.unwrap().main_contact_name, "Benjamin");
        assert_eq!(customer::get(&owner, &there.id).await.unwrap().main_contact_name, "");
        assert_eq!(contact::get(&owner, &far.id).await.unwrap().merged_into_id, ben.id);
        assert_eq!(tasks(&owner).await, [(ben.id.clone(), "Benjamin".to_owned())]);
        let back = undo(&owner, &merges[0]).await.unwrap();
        assert_eq!((back.restored_ids.len(), back.kept_fields.len() + back.kept_records.len()), (2, 0));
        assert_eq!(customer::get(&owner, &here.id).await.unwrap().main_contact_name, "Ana");
        assert_eq!(customer::get(&owner, &there.id).await.unwrap().main_contact_name, "Benjamin");
        assert_eq!(tasks(&owner).await, [(far.id.clone(), "Benjamin".to_owned())]);
    }

    async fn the_one_with_private_details_has_to_stay(world) {
        let owner = world.company("Harrow & Pike").await;
        let kept = customer::create(&owner, customer::named("Harbour")).await.unwrap();
        let gone = customer::create(&owner, customer::named("Harbor")).await.unwrap();
        let private = pb::CustomerPrivate { customer_id: gone.id.clone(), tax_id: "GB 123".into(), ..Default::default() };
        customer::write_private(&owner, private).await.unwrap();
        let version = customer::get(&owner, &gone.id).await.unwrap().version;
        let refused = merge(&owner, CUSTOMER, vec![group((kept.id.as_str(), 1), (gone.id.as_str(), version), &[])]).await.unwrap_err();
        assert_eq!(reason(&refused), "MERGE_HAS_PRIVATES");
        merge(&owner, CUSTOMER, vec![group((gone.id.as_str(), version), (kept.id.as_str(), 1), &[])]).await.unwrap();
    }
}
