//! `ContactService`.

use prost_types::FieldMask;
use streamflow_proto::client::v1::{self as pb, contact_service_client::ContactServiceClient};
use streamflow_tests::{
    answer::{conflict, fields},
    on_both,
    person::Person,
};
use tonic::{Code, Status, transport::Channel};

use super::customer;

pub fn service(person: &Person) -> ContactServiceClient<Channel> {
    ContactServiceClient::new(person.channel.clone())
}

pub async fn create(person: &Person, customer_id: &str, name: &str) -> Result<pb::Contact, Status> {
    let contact = pb::Contact { customer_id: customer_id.into(), name: name.into(), ..Default::default() };
    add(person, contact).await
}

async fn add(person: &Person, contact: pb::Contact) -> Result<pb::Contact, Status> {
    let request = person.ask(pb::CreateContactRequest { contact: Some(contact) });
    Ok(service(person).create_contact(request).await?.into_inner().contact.unwrap())
}

pub async fn get(person: &Person, id: &str) -> Result<pb::Contact, Status> {
    let request = person.ask(pb::GetContactRequest { contact_id: id.into() });
    Ok(service(person).get_contact(request).await?.into_inner().contact.unwrap())
}

async fn update(person: &Person, contact: pb::Contact, paths: &[&str]) -> Result<pb::Contact, Status> {
    let update_mask = Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() });
    let request = person.ask(pb::UpdateContactRequest { contact: Some(contact), update_mask });
    Ok(service(person).update_contact(request).await?.into_inner().contact.unwrap())
}

pub async fn list(person: &Person, filter: &str, order_by: &str) -> Result<Vec<String>, Status> {
    let request = pb::ListContactsRequest { filter: filter.into(), order_by: order_by.into(), ..Default::default() };
    let contacts = service(person).list_contacts(person.ask(request)).await?.into_inner().contacts;
    Ok(contacts.into_iter().map(|contact| format!("{} at {}", contact.name, contact.customer_name)).collect())
}

on_both! {
    async fn a_customer_shows_one_main_contact(world) {
        let owner = world.company("Harrow & Pike").await;
        let harbour = customer::create(&owner, customer::named("Harbour")).await.unwrap();
        let ana = create(&owner, &harbour.id, "Ana Silva").await.unwrap();
        assert!(ana.main && ana.customer_name == "Harbour");
        let ben = create(&owner, &harbour.id, "Ben Ode").await.unwrap();
        assert!(!ben.main);
        let shown = || async { customer::get(&owner, &harbour.id).await.unwrap().main_contact_name };
        assert_eq!(shown().await, "Ana Silva");
        let ben = update(&owner, pb::Contact { main: true, title: "Buyer".into(), ..ben }, &["main", "title"]).await.unwrap();
        let ana = get(&owner, &ana.id).await.unwrap();
        assert!(ben.main && !ana.main && ana.version == 2);
        assert_eq!(shown().await, "Ben Ode");
        let ben = update(&owner, pb::Contact { name: "Ben Odé".into(), ..ben }, &["name"]).await.unwrap();
        assert_eq!(shown().await, "Ben Odé");
        update(&owner, pb::Contact { main: false, ..ben }, &["main"]).await.unwrap();
        assert_eq!(shown().await, "");
        let cem = add(&owner, pb::Contact { customer_id: harbour.id.clone(), name: "Cem".into(), main: true, ..Default::default() }).await.unwrap();
        assert!(cem.main && shown().await == "Cem");
        // A renamed customer is found by its new name on its contacts too.
        let renamed = customer::get(&owner, &harbour.id).await.unwrap();
        customer::update(&owner, pb::Customer { name: "Quay".into(), ..renamed }, &["name"]).await.unwrap();
        assert_eq!(list(&owner, "", "name").await.unwrap(), ["Ana Silva at Quay", "Ben Odé at Quay", "Cem at Quay"]);
    }

    async fn contacts_are_seen_with_their_customer(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let employee = owner.hire(&world, pb::Role::Employee, "").await;
        let accountant = owner.hire(&world, pb::Role::Accountant, "").await;
        let mine = customer::create(&staff, customer::named("Mine")).await.unwrap();
        let other = customer::create(&owner, customer::named("Other")).await.unwrap();
        let ana = create(&staff, &mine.id, "Ana").await.unwrap();
        let ben = create(&owner, &other.id, "Ben").await.unwrap();
        for (person, names) in [(&owner, "Ana at Mine, Ben at Other"), (&staff, "Ana at Mine"), (&employee, ""), (&accountant, "Ana at Mine, Ben at Other")] {
            assert_eq!(list(person, "", "").await.unwrap().join(", "), names, "{}", person.role);
        }
        assert_eq!(list(&owner, &format!("customer_id = {}", other.id), "").await.unwrap(), ["Ben at Other"]);
        assert_eq!(get(&staff, &ben.id).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(create(&staff, &other.id, "X").await.unwrap_err().code(), Code::NotFound);
        assert_eq!(update(&staff, ben.clone(), &["name"]).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(create(&accountant, &mine.id, "X").await.unwrap_err().code(), Code::PermissionDenied);
        let stranger = world.company("Elsewhere").await;
        assert_eq!(get(&stranger, &ana.id).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(create(&stranger, &mine.id, "X").await.unwrap_err().code(), Code::NotFound);
        assert!(list(&stranger, "", "").await.unwrap().is_empty());
    }

    async fn wrong_input_and_stale_edits_are_refused(world) {
        let owner = world.company("Harrow & Pike").await;
        let wrong = pb::Contact { email: "@".into(), mobile: "call me".into(), ..Default::default() };
        assert_eq!(fields(&add(&owner, wrong).await.unwrap_err()), ["contact.customer_id", "contact.name", "contact.email", "contact.mobile"]);
        let harbour = customer::create(&owner, customer::named("Harbour")).await.unwrap();
        let ana = create(&owner, &harbour.id, "Ana").await.unwrap();
        let first = update(&owner, pb::Contact { title: "Buyer".into(), ..ana.clone() }, &["title"]).await.unwrap();
        let refused = update(&owner, pb::Contact { title: "Chef".into(), ..ana }, &["title"]).await.unwrap_err();
        let detail: pb::ContactConflict = conflict(&refused);
        assert_eq!((detail.fields, detail.current, detail.changed_by.as_str()), (vec!["title".to_owned()], Some(first), "Olive Owner"));
        assert_eq!(fields(&list(&owner, "customer_id = 7", "phone").await.unwrap_err()), ["filter", "order_by"]);
    }

    async fn of_parallel_main_contacts_one_stays(world) {
        let owner = world.company("Harrow & Pike").await;
        let harbour = customer::create(&owner, customer::named("Harbour")).await.unwrap();
        let first = create(&owner, &harbour.id, "First").await.unwrap();
        let added = (0..6).map(|n| {
            let (owner, first) = (owner.clone(), first.clone());
            let contact = pb::Contact { customer_id: harbour.id.clone(), name: format!("Contact {n}"), main: true, ..Default::default() };
            tokio::spawn(async move {
                if n % 2 == 0 {
                    add(&owner, contact).await.unwrap();
                } else {
                    let name = format!("First {n}");
                    // Others of this loop change the name too; losing to them is fine, failing is not.
                    let edited = update(&owner, pb::Contact { name, main: true, ..first }, &["name", "main"]).await;
                    assert!(edited.is_ok() || edited.unwrap_err().code() == Code::Aborted);
                }
            })
        });
        for done in futures::future::join_all(added.collect::<Vec<_>>()).await {
            done.unwrap();
        }
        let request = pb::ListContactsRequest::default();
        let contacts = service(&owner).list_contacts(owner.ask(request)).await.unwrap().into_inner().contacts;
        let main: Vec<_> = contacts.iter().filter(|contact| contact.main).collect();
        assert_eq!((contacts.len(), main.len()), (4, 1));
        assert_eq!(customer::get(&owner, &harbour.id).await.unwrap().main_contact_name, main[0].name);
    }
}
