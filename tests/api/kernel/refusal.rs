//! What refusals cost and say: a flood of them neither fills the audit nor tells how the server is built.

use std::collections::HashMap;

use chrono::TimeDelta;
use sea_orm::FromQueryResult;
use streamflow_kernel::db::Backend;
use streamflow_proto::client::v1::{
    self as pb, customer_service_client::CustomerServiceClient, session_service_client::SessionServiceClient,
};
use streamflow_tests::{
    answer::conflict,
    person::request,
    raw,
    world::{Setup, World},
};
use tonic::{Code, metadata::AsciiMetadataValue};

#[derive(FromQueryResult)]
struct Count {
    records: i64,
}

async fn records(world: &World, category: &str) -> i64 {
    count(world, &format!("category = '{category}'")).await
}

async fn count(world: &World, condition: &str) -> i64 {
    let db = world.kernel.database.system_read().await.unwrap();
    let sql = format!("SELECT COUNT(*) AS records FROM audit WHERE {condition}");
    let counts: Vec<Count> = db.query(&sql, vec![]).await.unwrap();
    counts[0].records
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_without_a_session_are_limited_and_audited_once_a_minute() {
    let setup = Setup { limits: HashMap::from([("anonymous".to_owned(), 5)]), ..Setup::default() };
    let world = World::with(Backend::Sqlite, setup).await;
    let owner = world.company("Harrow & Pike").await;
    world.pass(TimeDelta::seconds(60));
    let mut sessions = SessionServiceClient::new(world.channel.clone());
    for token in [None, Some("guessed"), None, Some("guessed too"), None] {
        let refused = sessions.list_sessions(request(pb::ListSessionsRequest::default(), token)).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
    }
    for token in [None, Some("guessed")] {
        let refused = sessions.me(request(pb::MeRequest {}, token)).await.unwrap_err();
        assert_eq!(refused.code(), Code::ResourceExhausted);
    }
    assert_eq!((records(&world, "denied").await, records(&world, "rate_limit").await), (1, 1));
    // Who has a session does not suffer from others at the same address.
    sessions.me(owner.ask(pb::MeRequest {})).await.unwrap();
    world.pass(TimeDelta::seconds(60));
    // A page where people sign in asks who is signed in: nobody is an answer. A token that was made up is none.
    let (answered, all) = (world.kernel.meter.answered(), count(&world, "1 = 1").await);
    let refused = sessions.me(request(pb::MeRequest {}, None)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert_eq!((world.kernel.meter.answered(), count(&world, "1 = 1").await), (answered, all));
    let refused = sessions.me(request(pb::MeRequest {}, Some("guessed"))).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert_eq!((world.kernel.meter.answered(), records(&world, "denied").await), (answered + 1, 2));
    world.pass(TimeDelta::seconds(60));
    // Nor are two of them, which are none that could be looked up.
    let mut doubled = request(pb::MeRequest {}, Some("guessed"));
    doubled.metadata_mut().append("authorization", AsciiMetadataValue::from_static("Bearer and more"));
    assert_eq!(sessions.me(doubled).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!((world.kernel.meter.answered(), records(&world, "denied").await), (answered + 2, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_cannot_be_read_is_the_callers_mistake() {
    let world = World::sqlite().await;
    let owner = world.company("Harrow & Pike").await;
    let path = "/streamflow.client.v1.CustomerService/CreateCustomer";
    // A field that says it is longer than what follows, text that is none, and a wire type that does not exist.
    for bytes in [vec![0x0a, 0xff, 0x01], vec![0x0a, 0x04, 0x1a, 0x02, 0xff, 0xfe], vec![0x0f]] {
        let (code, text) = raw::call(&world.channel, "client", Some(&owner.token), path, bytes).await;
        assert_eq!(code, Code::InvalidArgument);
        assert_eq!(String::from_utf8(text).unwrap(), "The request's message can't be read.");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_over_a_long_text_arrives_whole_or_without_its_details() {
    let world = World::sqlite().await;
    let owner = world.company("Harrow & Pike").await;
    let mut customers = CustomerServiceClient::new(world.channel.clone());
    for (note, whole) in [("x".repeat(100), true), ("x".repeat(4_000), true), ("€".repeat(4_000), false)] {
        let customer = Some(pb::Customer { name: "Harbour".into(), ..Default::default() });
        let before = customers.create_customer(owner.ask(pb::CreateCustomerRequest { customer })).await.unwrap();
        let before = before.into_inner().customer.unwrap();
        let mut refused = None;
        for note in [note.clone(), "something else".to_owned()] {
            let customer = Some(pb::Customer { note, ..before.clone() });
            let update_mask = Some(prost_types::FieldMask { paths: vec!["note".into()] });
            refused = customers.update_customer(owner.ask(pb::UpdateCustomerRequest { customer, update_mask })).await.err();
        }
        let refused = refused.expect("a conflict");
        assert_eq!(refused.code(), Code::Aborted, "{refused:?}");
        assert_eq!(refused.message(), "Somebody else changed the same fields meanwhile.");
        if whole {
            assert_eq!(conflict::<pb::CustomerConflict>(&refused).current.unwrap().note, note);
        } else {
            assert!(refused.details().is_empty());
        }
    }
}
