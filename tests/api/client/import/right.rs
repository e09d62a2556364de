//! Whose imports somebody may work with, and in whose name the work is done.

use streamflow_proto::client::v1::{self as pb, ImportMode, ImportState, timeline_service_client::TimelineServiceClient};
use streamflow_tests::{on_both, person::Person};
use tonic::{Code, Status};

use super::{came_to, ended, fix, get, preview, reformat, run, send, service, start, undo, upload};
use crate::client::customer;

const FILE: &str = "external_id,name\nH1,Renamed\nH2,New\n";

/// What each way to an import answers.
async fn ways(person: &Person, id: &str) -> Vec<Result<(), Status>> {
    vec![
        get(person, id).await.map(drop),
        send(person, id, 0, FILE.as_bytes()).await.map(drop),
        reformat(person, id, ";", "").await.map(drop),
        preview(person, id, ImportMode::Upsert, "external_id").await.map(drop),
        fix(person, pb::FixImportCellsRequest { import_id: id.into(), ..Default::default() }).await.map(drop),
        start(person, id, true).await.map(drop),
        undo(person, id).await.map(drop),
    ]
}

async fn listed(person: &Person) -> Vec<String> {
    let imports = service(person).list_imports(person.ask(pb::ListImportsRequest::default())).await.unwrap().into_inner().imports;
    imports.into_iter().map(|import| import.id).collect()
}

/// Who wrote the newest event of a customer.
async fn last_hand(person: &Person, customer_id: &str) -> String {
    let request =
        pb::ListTimelineRequest { kind: pb::RecordKind::Customer.into(), record_id: customer_id.into(), ..Default::default() };
    let mut timeline = TimelineServiceClient::new(person.channel.clone());
    timeline.list_timeline(person.ask(request)).await.unwrap().into_inner().events[0].actor_name.clone()
}

on_both! {
    async fn an_import_is_its_makers_and_the_owners(world) {
        let owner = world.company("Harrow & Pike").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        let colleague = owner.hire(&world, pb::Role::Manager, "").await;
        let owners = upload(&owner, FILE.as_bytes()).await.unwrap();
        let managers = upload(&manager, FILE.as_bytes()).await.unwrap();
        let done = run(&owner, "external_id,name\nK1,Kept\n", ImportMode::Create, "external_id").await;
        let hidden = [(&manager, &owners.id), (&manager, &done.id), (&colleague, &managers.id)];
        for (person, id) in hidden {
            preview(&owner, id, ImportMode::Upsert, "external_id").await.ok();
            for answer in ways(person, id).await {
                assert_eq!(answer.unwrap_err().code(), Code::NotFound, "{id}");
            }
        }
        assert_eq!(listed(&manager).await, std::slice::from_ref(&managers.id));
        assert!(listed(&colleague).await.is_empty());
        assert_eq!(listed(&owner).await.len(), 3);
        assert!(get(&manager, &managers.id).await.is_ok() && get(&owner, &managers.id).await.is_ok());
    }

    async fn a_run_sees_and_signs_as_who_started_it(world) {
        let owner = world.company("Harrow & Pike").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        let hidden = pb::Customer { external_id: "H1".into(), owner_id: owner.user_id.clone(), ..customer::named("Hidden") };
        let hidden = customer::create(&owner, hidden).await.unwrap();
        let import = upload(&manager, FILE.as_bytes()).await.unwrap();
        let plan = preview(&manager, &import.id, ImportMode::Upsert, "external_id").await.unwrap();
        assert_eq!((plan.will_create, plan.will_update), (1, 0));
        // The owner sees the customer that the manager does not.
        preview(&owner, &import.id, ImportMode::Upsert, "external_id").await.unwrap();
        start(&owner, &import.id, false).await.unwrap();
        assert_eq!(came_to(&ended(&owner, &import.id).await), (ImportState::Done, [1, 1, 0, 0, 0]));
        assert_eq!(customer::get(&owner, &hidden.id).await.unwrap().name, "Renamed");
        assert_eq!(last_hand(&owner, &hidden.id).await, "Olive Owner");
        // The undo of the manager takes back what the manager sees.
        undo(&manager, &import.id).await.unwrap();
        let undone = ended(&manager, &import.id).await;
        assert_eq!((undone.state(), undone.skipped), (ImportState::Undone, 1), "{}", undone.failure);
        assert_eq!(customer::get(&owner, &hidden.id).await.unwrap().name, "Renamed");
        let request = owner.ask(pb::ListCustomersRequest::default());
        assert_eq!(customer::service(&owner).list_customers(request).await.unwrap().into_inner().customers.len(), 1);
    }
}
