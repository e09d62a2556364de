//! What a support session is shown, and what is closed to it.

use streamflow_proto::{
    access::{self, Level},
    client::v1::{
        contact_service_client::ContactServiceClient, customer_service_client::CustomerServiceClient,
        lead_service_client::LeadServiceClient, search_service_client::SearchServiceClient,
        team_service_client::TeamServiceClient, timeline_service_client::TimelineServiceClient,
    },
};
use streamflow_tests::raw;

use super::*;

const MASK: &str = "••••";

async fn customer(world: &World, owner: &Person) -> pb::Customer {
    let address = Some(pb::Address {
        street: "12 Quay Street".into(),
        postal_code: "LS1 4AP".into(),
        city: "Leeds".into(),
        ..Default::default()
    });
    let customer = pb::Customer {
        name: "Harbour Ltd".into(),
        email: "anna@harbour.example".into(),
        phone: "+44 20 7946 0001".into(),
        address,
        ..Default::default()
    };
    let mut customers = CustomerServiceClient::new(world.channel.clone());
    let create = owner.ask(pb::CreateCustomerRequest { customer: Some(customer) });
    let made = customers.create_customer(create).await.unwrap().into_inner().customer.unwrap();
    let changed = pb::Customer { email: "ben@harbour.example".into(), ..made };
    let update_mask = Some(prost_types::FieldMask { paths: vec!["email".into()] });
    let update = owner.ask(pb::UpdateCustomerRequest { customer: Some(changed), update_mask });
    customers.update_customer(update).await.unwrap().into_inner().customer.unwrap()
}

on_both! {
    async fn personal_data_is_masked_and_cant_be_asked_for(world) {
        let owner = world.company("Harrow & Pike").await;
        let made = customer(&world, &owner).await;
        let contact = pb::Contact {
            customer_id: made.id.clone(), name: "Cara".into(), email: "cara@harbour.example".into(), mobile: "+44 7700 900123".into(),
            note: "Door code 4711".into(), ..Default::default()
        };
        let mut contacts = ContactServiceClient::new(world.channel.clone());
        contacts.create_contact(owner.ask(pb::CreateContactRequest { contact: Some(contact) })).await.unwrap();
        let lead = pb::Lead { name: "Roof".into(), email: "dora@harbour.example".into(), phone: "+44 20 7946 0009".into(), note: "Door code 4711".into(), ..Default::default() };
        let mut leads = LeadServiceClient::new(world.channel.clone());
        leads.create_lead(owner.ask(pb::CreateLeadRequest { lead: Some(lead) })).await.unwrap();
        let kind = pb::RecordKind::Customer.into();
        let note = pb::AddNoteRequest { kind, record_id: made.id.clone(), text: "Rang, the key is at 0113 496 0142".into() };
        TimelineServiceClient::new(world.channel.clone()).add_note(owner.ask(note)).await.unwrap();
        let (_, token) = Support::elevated(&world).await.look(&world, &owner, 30).await;

        let mut customers = CustomerServiceClient::new(world.channel.clone());
        let list = |filter: &str, order_by: &str| {
            request(pb::ListCustomersRequest { filter: filter.into(), order_by: order_by.into(), ..Default::default() }, Some(&token))
        };
        let get = request(pb::GetCustomerRequest { customer_id: made.id.clone() }, Some(&token));
        let one = customers.get_customer(get).await.unwrap().into_inner().customer.unwrap();
        let many = customers.list_customers(list("name = \"Harbour Ltd\"", "name")).await.unwrap().into_inner().customers;
        for seen in [&one, &many[0]] {
            let address = seen.address.clone().unwrap();
            assert_eq!((seen.name.as_str(), seen.email.as_str(), seen.phone.as_str()), ("Harbour Ltd", MASK, MASK));
            assert_eq!((address.street.as_str(), address.postal_code.as_str(), address.city.as_str()), (MASK, MASK, "Leeds"));
        }
        let seen = contacts.list_contacts(request(pb::ListContactsRequest::default(), Some(&token))).await.unwrap().into_inner().contacts;
        assert_eq!((seen[0].email.as_str(), seen[0].phone.as_str(), seen[0].mobile.as_str(), seen[0].note.as_str()), (MASK, "", MASK, MASK));
        let seen = leads.list_leads(request(pb::ListLeadsRequest::default(), Some(&token))).await.unwrap().into_inner().leads;
        assert_eq!((seen[0].email.as_str(), seen[0].phone.as_str(), seen[0].note.as_str()), (MASK, MASK, MASK));
        let mut teams = TeamServiceClient::new(world.channel.clone());
        let seen = teams.list_members(request(pb::ListMembersRequest::default(), Some(&token))).await.unwrap().into_inner().members;
        assert!(seen.iter().all(|member| member.email == MASK), "{seen:?}");
        let timeline = pb::ListTimelineRequest { kind: pb::RecordKind::Customer.into(), record_id: made.id.clone(), ..Default::default() };
        let mut timelines = TimelineServiceClient::new(world.channel.clone());
        let events = timelines.list_timeline(request(timeline, Some(&token))).await.unwrap().into_inner().events;
        assert!(events.iter().any(|event| event.text == MASK) && events.iter().all(|event| !event.text.contains("key")), "{events:?}");
        let edited = events.iter().flat_map(|event| &event.changes).find(|change| change.field == "email").unwrap();
        assert_eq!((edited.before.as_str(), edited.after.as_str()), (MASK, MASK));

        for filter in ["email = ben@harbour.example", "phone:7946", "search:ben", "custom.skin = x", "name:H AND email:ben"] {
            let refused = customers.list_customers(list(filter, "")).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "SUPPORT_SESSION"), "{filter}");
        }
        assert_eq!(reason(&customers.list_customers(list("", "email desc")).await.unwrap_err()), "SUPPORT_SESSION");
        let mut searches = SearchServiceClient::new(world.channel.clone());
        for (query, hits) in [("harb", 1), ("ben@harbour.example", 0), ("ben", 0), ("7946", 0), ("cara@", 0), ("Quay", 0), ("%", 0)] {
            let ask = request(pb::SearchRequest { query: query.into(), ..Default::default() }, Some(&token));
            let found = searches.search(ask).await.unwrap().into_inner().hits;
            assert_eq!(found.len(), hits, "{query}: {found:?}");
            assert!(found.iter().all(|hit| hit.matched.is_empty()));
        }
        // The owner still sees and finds all of it.
        let found = customers.list_customers(owner.ask(pb::ListCustomersRequest { filter: "email:ben".into(), ..Default::default() })).await;
        assert_eq!(found.unwrap().into_inner().customers[0].email, "ben@harbour.example");
    }

    async fn what_is_not_declared_for_support_sessions_is_closed_to_them(world) {
        let owner = world.company("Harrow & Pike").await;
        let (_, token) = Support::elevated(&world).await.look(&world, &owner, 30).await;
        for access in access::CLIENT.iter().filter(|access| access.level != Level::Anonymous && !access.support) {
            let call = raw::request("client", Some(&token), Vec::new());
            let refused = raw::ask(&world.channel, call, access.path).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "SUPPORT_SESSION"), "{}", access.path);
        }
        let open_to_it = access::CLIENT.iter().filter(|access| access.support);
        let writes: Vec<&str> = open_to_it.filter(|access| access.mutation).map(|access| access.path).collect();
        assert_eq!(writes, ["/streamflow.client.v1.SupportSessionService/LeaveSupportSession"]);
    }
}
