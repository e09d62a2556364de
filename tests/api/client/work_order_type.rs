//! `WorkOrderTypeService`.

use std::time::Duration;

use streamflow_proto::client::v1::{
    self as pb, change_service_client::ChangeServiceClient, work_order_type_service_client::WorkOrderTypeServiceClient,
};
use streamflow_tests::{
    answer::{conflict, fields, reason},
    on_both,
    person::Person,
};
use tonic::{Code, Status, Streaming, transport::Channel};

const INDUSTRY: Option<&str> = Some("field-service");

fn service(person: &Person) -> WorkOrderTypeServiceClient<Channel> {
    WorkOrderTypeServiceClient::new(person.channel.clone())
}

pub async fn list(person: &Person) -> Result<Vec<pb::WorkOrderType>, Status> {
    let request = person.ask(pb::ListWorkOrderTypesRequest {});
    Ok(service(person).list_work_order_types(request).await?.into_inner().work_order_types)
}

fn named(name: &str, items: &[&str]) -> pb::WorkOrderType {
    let item = |text: &&str| pb::ChecklistItem { text: (*text).to_owned(), required: false };
    pb::WorkOrderType { name: name.into(), checklist: items.iter().map(item).collect(), ..Default::default() }
}

async fn create(person: &Person, one: pb::WorkOrderType) -> Result<pb::WorkOrderType, Status> {
    let request = person.ask(pb::CreateWorkOrderTypeRequest { work_order_type: Some(one) });
    Ok(service(person).create_work_order_type(request).await?.into_inner().work_order_type.unwrap())
}

async fn update(person: &Person, one: pb::WorkOrderType) -> Result<pb::WorkOrderType, Status> {
    let request = person.ask(pb::UpdateWorkOrderTypeRequest { work_order_type: Some(one) });
    Ok(service(person).update_work_order_type(request).await?.into_inner().work_order_type.unwrap())
}

async fn reorder(person: &Person, keys: &[&str]) -> Result<(), Status> {
    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
    service(person).reorder_work_order_types(person.ask(pb::ReorderWorkOrderTypesRequest { keys })).await.map(drop)
}

async fn delete(person: &Person, key: &str) -> Result<(), Status> {
    service(person).delete_work_order_type(person.ask(pb::DeleteWorkOrderTypeRequest { key: key.into() })).await.map(drop)
}

async fn names(person: &Person) -> String {
    list(person).await.unwrap().into_iter().map(|one| one.name).collect::<Vec<_>>().join(", ")
}

async fn watch(person: &Person) -> Streaming<pb::WatchResponse> {
    let request = person.ask(pb::WatchRequest::default());
    ChangeServiceClient::new(person.channel.clone()).watch(request).await.unwrap().into_inner()
}

/// What happened to the types next, and to which of their fields.
async fn heard(stream: &mut Streaming<pb::WatchResponse>) -> (pb::ChangeOp, String) {
    loop {
        let message = tokio::time::timeout(Duration::from_secs(60), stream.message()).await.unwrap().unwrap().unwrap();
        if let Some(change) = message.change.filter(|change| change.entity == "work_order_type") {
            return (change.op(), change.fields.join(","));
        }
    }
}

on_both! {
    async fn types_and_checklists_are_shaped(world) {
        let owner = world.company_of("Harrow & Pike", INDUSTRY).await;
        assert_eq!(names(&owner).await, "Repair, Yearly service");
        let repair = list(&owner).await.unwrap().remove(0);
        assert_eq!((repair.key.as_str(), repair.version, repair.checklist[0].required), ("repair", 1, true));

        let made = create(&owner, named(" Survey ", &[" Roof measured ", "Photos taken"])).await.unwrap();
        assert_eq!((made.name.as_str(), made.version, made.checklist[0].text.as_str()), ("Survey", 1, "Roof measured"));
        let mut changed = pb::WorkOrderType { name: "Roof survey".into(), ..made.clone() };
        changed.checklist.reverse();
        changed.checklist[0].required = true;
        changed.checklist.push(pb::ChecklistItem { text: "Offer sent".into(), required: false });
        let changed = update(&owner, changed).await.unwrap();
        let items: Vec<_> = changed.checklist.iter().map(|item| (item.text.as_str(), item.required)).collect();
        assert_eq!(items, [("Photos taken", true), ("Roof measured", false), ("Offer sent", false)]);
        assert_eq!((changed.name.as_str(), changed.version, &changed.key), ("Roof survey", 2, &made.key));
        assert_eq!(update(&owner, changed.clone()).await.unwrap().version, 2, "nothing changed, so nothing was written");

        reorder(&owner, &[&made.key]).await.unwrap();
        assert_eq!(names(&owner).await, "Roof survey, Repair, Yearly service");
        assert_eq!(list(&owner).await.unwrap()[0], changed, "an order is no change of a type");
        delete(&owner, "service").await.unwrap();
        assert_eq!(delete(&owner, "service").await.unwrap_err().code(), Code::NotFound);
        assert_eq!(names(&owner).await, "Roof survey, Repair");
        assert!(list(&world.company("Plain").await).await.unwrap().is_empty());
    }

    async fn a_stale_edit_is_told_the_type_as_it_is(world) {
        let owner = world.company_of("Harrow & Pike", INDUSTRY).await;
        let before = list(&owner).await.unwrap().remove(0);
        let now = update(&owner, pb::WorkOrderType { name: "Mending".into(), ..before.clone() }).await.unwrap();
        let late = update(&owner, pb::WorkOrderType { name: "Late".into(), ..before.clone() }).await.unwrap_err();
        assert_eq!((late.code(), conflict::<pb::WorkOrderType>(&late)), (Code::Aborted, now.clone()));
        // Whoever edits a type that is gone does not overwrite one that was made under its name since.
        let first = create(&owner, named("Survey", &[])).await.unwrap();
        delete(&owner, &first.key).await.unwrap();
        let second = create(&owner, named("Survey", &[])).await.unwrap();
        assert_eq!(update(&owner, first).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(list(&owner).await.unwrap().last(), Some(&second));
        // Two that come at once: one is the newer, and nothing of it is lost.
        let edits = ["One", "Two"].map(|name| update(&owner, pb::WorkOrderType { name: name.into(), ..now.clone() }));
        let [one, two] = edits;
        let (one, two) = tokio::join!(one, two);
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
        assert_eq!(list(&owner).await.unwrap()[0].version, 3);
    }

    async fn wrong_types_are_told_at_once(world) {
        let owner = world.company_of("Harrow & Pike", INDUSTRY).await;
        let long = ["n".repeat(61), "t".repeat(201)];
        let wrong = create(&owner, named(&long[0], &[" ", "Fits", "two\nlines", &long[1]])).await.unwrap_err();
        let at = |path: &str| format!("work_order_type.{path}");
        assert_eq!(fields(&wrong), [at("name"), at("checklist[0].text"), at("checklist[2].text"), at("checklist[3].text")]);
        let wrong = update(&owner, named(" ", &[""])).await.unwrap_err();
        assert_eq!(fields(&wrong), [at("key"), at("version"), at("name"), at("checklist[0].text")]);
        assert_eq!(fields(&create(&owner, named("Long", &["x"; 41])).await.unwrap_err()), [at("checklist")]);
        assert_eq!(fields(&create(&owner, named("REPAIR", &[])).await.unwrap_err()), [at("name")]);
        let service = list(&owner).await.unwrap().remove(1);
        assert_eq!(fields(&update(&owner, pb::WorkOrderType { name: "repair".into(), ..service }).await.unwrap_err()), [at("name")]);
        for keys in [&["repair", "repair"][..], &["nothing"]] {
            assert_eq!(fields(&reorder(&owner, keys).await.unwrap_err()), ["keys"]);
        }
        for at in 2..30 {
            create(&owner, named(&format!("Type {at}"), &["x"; 40])).await.unwrap();
        }
        assert_eq!(reason(&create(&owner, named("One more", &[])).await.unwrap_err()), "TOO_MANY_WORK_ORDER_TYPES");
    }

    async fn everybody_reads_them_and_owners_alone_shape_them(world) {
        let owner = world.company_of("Harrow & Pike", INDUSTRY).await;
        let own = list(&owner).await.unwrap();
        for role in [pb::Role::Manager, pb::Role::Staff, pb::Role::Employee, pb::Role::Accountant] {
            let person = owner.hire(&world, role, "").await;
            assert_eq!(list(&person).await.unwrap(), own, "{role:?}");
            let refused = [
                create(&person, named("Survey", &[])).await.map(drop),
                update(&person, own[0].clone()).await.map(drop),
                reorder(&person, &["service"]).await,
                delete(&person, "repair").await,
            ];
            for refused in refused {
                assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied, "{role:?}");
            }
        }
        assert_eq!(list(&owner).await.unwrap(), own);
    }

    async fn another_companys_types_are_out_of_reach(world) {
        let owner = world.company_of("Harrow & Pike", INDUSTRY).await;
        let stranger = world.company_of("Elsewhere", INDUSTRY).await;
        let made = create(&owner, named("Survey", &[])).await.unwrap();
        let own = list(&owner).await.unwrap();
        assert_eq!(names(&stranger).await, "Repair, Yearly service");
        assert_eq!(update(&stranger, made.clone()).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(delete(&stranger, &made.key).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(fields(&reorder(&stranger, &[&made.key]).await.unwrap_err()), ["keys"]);
        // Keys of a template are the same in both.
        update(&stranger, pb::WorkOrderType { name: "Mending".into(), ..own[0].clone() }).await.unwrap();
        delete(&stranger, "service").await.unwrap();
        create(&stranger, named("Survey", &[])).await.unwrap();
        assert_eq!(list(&owner).await.unwrap(), own);
        assert_eq!(names(&stranger).await, "Mending, Survey");
    }

    async fn a_repeated_request_has_one_effect_and_open_pages_hear_of_each(world) {
        let owner = world.company_of("Harrow & Pike", INDUSTRY).await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let mut news = watch(&staff).await;
        let request = || owner.once("types-0001", pb::CreateWorkOrderTypeRequest { work_order_type: Some(named("Survey", &[])) });
        let first = service(&owner).create_work_order_type(request()).await.unwrap().into_inner();
        let again = service(&owner).create_work_order_type(request()).await.unwrap();
        assert!(again.metadata().contains_key("idempotent-replay"));
        assert_eq!(again.into_inner(), first);
        assert_eq!(names(&owner).await, "Repair, Yearly service, Survey");
        let made = first.work_order_type.unwrap();
        update(&owner, pb::WorkOrderType { checklist: named("", &["Measured"]).checklist, ..made.clone() }).await.unwrap();
        reorder(&owner, &[&made.key]).await.unwrap();
        delete(&owner, &made.key).await.unwrap();
        let mut all = Vec::new();
        while all.len() < 4 {
            let (op, fields) = heard(&mut news).await;
            all.push(format!("{op:?} {fields}"));
        }
        assert_eq!(all, ["Created name", "Updated checklist", "Updated order", "Deleted name"]);
    }
}
