//! Taking an import back.

use streamflow_proto::client::v1::{self as pb, ImportMode, ImportState, timeline_service_client::TimelineServiceClient};
use streamflow_tests::{answer::reason, on_both, person::Person};

use super::{came_to, ended, run, undo, upload};
use crate::client::{attachment, contact, customer};

const FILE: &str =
    "external_id,name,contactName,city\nA1,Alpha,Ana,Leeds\nB2,Beta,Ben,York\nC3,Gamma,Cem,Hull\nD4,Delta,Dee,Ripon\n";

async fn all(person: &Person) -> Vec<pb::Customer> {
    let request = person.ask(pb::ListCustomersRequest::default());
    customer::service(person).list_customers(request).await.unwrap().into_inner().customers
}

async fn contacts(person: &Person) -> Vec<String> {
    let request = person.ask(pb::ListContactsRequest::default());
    let contacts = contact::service(person).list_contacts(request).await.unwrap().into_inner().contacts;
    contacts.into_iter().map(|contact| contact.name).collect()
}

on_both! {
    async fn what_an_import_created_goes_and_what_it_changed_comes_back(world) {
        let owner = world.company("Harrow & Pike").await;
        let tagged = pb::Customer { external_id: "A1".into(), tags: vec!["vip".into(), "north".into()], ..customer::named("Old name") };
        let old = customer::create(&owner, tagged).await.unwrap();
        contact::create(&owner, &old.id, "Mia").await.unwrap();
        let file = "external_id,name,contactName,tags\nA1,Alpha,Ana,new\nB2,Beta,Ben,\n";
        let import = run(&owner, file, ImportMode::Upsert, "external_id").await;
        assert_eq!(came_to(&import), (ImportState::Done, [1, 1, 0, 0, 2]));
        assert_eq!(customer::get(&owner, &old.id).await.unwrap().tags, ["new"]);
        undo(&owner, &import.id).await.unwrap();
        let undone = ended(&owner, &import.id).await;
        assert_eq!((undone.state(), undone.skipped), (ImportState::Undone, 0), "{}", undone.failure);
        let left = all(&owner).await;
        assert_eq!((left.len(), left[0].name.as_str(), left[0].tags.join(" ").as_str()), (1, "Old name", "vip north"));
        assert_eq!((contacts(&owner).await, left[0].main_contact_name.as_str()), (vec!["Mia".to_owned()], "Mia"));
        assert_eq!(reason(&undo(&owner, &import.id).await.unwrap_err()), "IMPORT_STATE");
        // Nothing of it is in the way of another try.
        let again = run(&owner, file, ImportMode::Upsert, "external_id").await;
        assert_eq!(came_to(&again), (ImportState::Done, [1, 1, 0, 0, 2]));
    }

    async fn what_people_worked_with_since_stays(world) {
        let owner = world.company("Harrow & Pike").await;
        let import = run(&owner, FILE, ImportMode::Create, "external_id").await;
        assert_eq!(came_to(&import), (ImportState::Done, [4, 0, 0, 0, 4]));
        let mut made = all(&owner).await;
        made.sort_by(|left, right| left.external_id.cmp(&right.external_id));
        customer::update(&owner, pb::Customer { phone: "0113 496".into(), ..made[0].clone() }, &["phone"]).await.unwrap();
        let note = pb::AddNoteRequest { kind: pb::RecordKind::Customer.into(), record_id: made[1].id.clone(), text: "Rang".into() };
        TimelineServiceClient::new(owner.channel.clone()).add_note(owner.ask(note)).await.unwrap();
        contact::create(&owner, &made[2].id, "Own").await.unwrap();
        undo(&owner, &import.id).await.unwrap();
        let undone = ended(&owner, &import.id).await;
        // Three customers with the contacts they came with.
        assert_eq!((undone.state(), undone.skipped), (ImportState::Undone, 6), "{}", undone.failure);
        let left: Vec<_> = all(&owner).await.into_iter().map(|c| format!("{} {}", c.name, c.main_contact_name)).collect();
        assert_eq!(left, ["Alpha Ana", "Beta Ben", "Gamma Cem"]);
        assert_eq!(contacts(&owner).await, ["Ana", "Ben", "Cem", "Own"]);
    }

    async fn what_people_put_files_on_stays(world) {
        let owner = world.company("Harrow & Pike").await;
        let import = run(&owner, FILE, ImportMode::Create, "external_id").await;
        let mut made = all(&owner).await;
        made.sort_by(|left, right| left.external_id.cmp(&right.external_id));
        attachment::any(&world, &owner, &made[0].id).await;
        let gone = attachment::any(&world, &owner, &made[1].id).await;
        attachment::delete(&owner, &gone, 1).await.unwrap();
        undo(&owner, &import.id).await.unwrap();
        let undone = ended(&owner, &import.id).await;
        assert_eq!((undone.state(), undone.skipped), (ImportState::Undone, 4), "{}", undone.failure);
        let mut left: Vec<_> = all(&owner).await.into_iter().map(|customer| customer.name).collect();
        left.sort();
        assert_eq!(left, ["Alpha", "Beta"]);
        attachment::restore(&owner, &gone).await.unwrap();
    }

    async fn only_what_has_written_something_can_be_undone(world) {
        let owner = world.company("Harrow & Pike").await;
        let import = upload(&owner, FILE.as_bytes()).await.unwrap();
        assert_eq!(reason(&undo(&owner, &import.id).await.unwrap_err()), "IMPORT_STATE");
        let empty = run(&owner, "name,city\n", ImportMode::Create, "").await;
        assert_eq!(came_to(&empty), (ImportState::Done, [0; 5]));
        assert_eq!(reason(&undo(&owner, &empty.id).await.unwrap_err()), "IMPORT_STATE");
    }
}
