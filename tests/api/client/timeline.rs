//! `TimelineService`.

use chrono::TimeDelta;
use streamflow_proto::client::v1::{self as pb, timeline_service_client::TimelineServiceClient};
use streamflow_tests::{answer::fields, on_both, person::Person};
use tonic::{Code, Status};

use super::{contact, customer, lead};

const CUSTOMER: i32 = pb::RecordKind::Customer as i32;

async fn page(person: &Person, kind: i32, id: &str, page_token: &str) -> Result<pb::ListTimelineResponse, Status> {
    let request = pb::ListTimelineRequest { kind, record_id: id.into(), page_size: 2, page_token: page_token.into() };
    Ok(TimelineServiceClient::new(person.channel.clone()).list_timeline(person.ask(request)).await?.into_inner())
}

/// Events, newest first, as their kind and what changed.
pub async fn told(person: &Person, kind: i32, id: &str) -> Vec<String> {
    let mut told = Vec::new();
    let mut token = String::new();
    loop {
        let reply = page(person, kind, id, &token).await.unwrap();
        for event in reply.events {
            let changes: Vec<_> = event.changes.iter().map(|c| format!("{} {:?} {:?}", c.field, c.before, c.after)).collect();
            let kind = event.kind().as_str_name().trim_start_matches("TIMELINE_EVENT_KIND_").to_lowercase();
            told.push(format!("{kind} by {}: {}{}", event.actor_name, event.text, changes.join(", ")));
        }
        token = reply.page.unwrap().next_page_token;
        if token.is_empty() {
            return told;
        }
    }
}

async fn note(person: &Person, kind: i32, id: &str, text: &str) -> Result<pb::TimelineEvent, Status> {
    let request = pb::AddNoteRequest { kind, record_id: id.into(), text: text.into() };
    Ok(TimelineServiceClient::new(person.channel.clone()).add_note(person.ask(request)).await?.into_inner().event.unwrap())
}

on_both! {
    async fn a_record_tells_what_happened_to_it(world) {
        let owner = world.company("Harrow & Pike").await;
        let customer = customer::create(&owner, customer::named("Harbour")).await.unwrap();
        world.pass(TimeDelta::seconds(1));
        let edited = pb::Customer { name: "Quay".into(), owner_id: owner.user_id.clone(), ..customer.clone() };
        customer::update(&owner, edited, &["name", "owner_id"]).await.unwrap();
        world.pass(TimeDelta::seconds(1));
        let event = note(&owner, CUSTOMER, &customer.id, " Rang,\r\nno answer ").await.unwrap();
        assert_eq!((event.text.as_str(), event.actor_id.as_str()), ("Rang,\nno answer", owner.user_id.as_str()));
        let told = told(&owner, CUSTOMER, &customer.id).await;
        let expected = [
            "note by Olive Owner: Rang,\nno answer".to_owned(),
            format!("assigned by Olive Owner: owner_id \"\" {:?}", owner.user_id),
            "edited by Olive Owner: name \"Harbour\" \"Quay\"".to_owned(),
            "created by Olive Owner: ".to_owned(),
        ];
        assert_eq!(told, expected);
    }

    async fn only_who_sees_the_record_sees_its_timeline(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let accountant = owner.hire(&world, pb::Role::Accountant, "").await;
        let stranger = world.company("Elsewhere").await;
        let mine = customer::create(&staff, customer::named("Mine")).await.unwrap();
        let other = customer::create(&owner, customer::named("Other")).await.unwrap();
        let (ana, roof) = (contact::create(&staff, &mine.id, "Ana").await.unwrap(), lead::create(&staff, lead::named("Roof")).await.unwrap());
        for (kind, id) in [(CUSTOMER, &mine.id), (pb::RecordKind::Contact as i32, &ana.id), (pb::RecordKind::Lead as i32, &roof.id)] {
            note(&staff, kind, id, "Hello").await.unwrap();
            assert_eq!(told(&staff, kind, id).await.len(), 2);
            assert_eq!(page(&stranger, kind, id, "").await.unwrap_err().code(), Code::NotFound);
            assert_eq!(note(&stranger, kind, id, "Hello").await.unwrap_err().code(), Code::NotFound);
        }
        assert_eq!(page(&staff, CUSTOMER, &other.id, "").await.unwrap_err().code(), Code::NotFound);
        assert_eq!(page(&accountant, pb::RecordKind::Lead as i32, &roof.id, "").await.unwrap_err().code(), Code::NotFound);
        assert_eq!(note(&accountant, CUSTOMER, &mine.id, "Hello").await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(fields(&note(&staff, CUSTOMER, &mine.id, "  ").await.unwrap_err()), ["text"]);
        assert_eq!(fields(&note(&staff, 0, &mine.id, "x").await.unwrap_err()), ["kind"]);
        assert_eq!(fields(&page(&staff, CUSTOMER, &mine.id, "x").await.unwrap_err()), ["page_token"]);
    }
}
