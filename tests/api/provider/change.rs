//! `ChangeService`: open pages hear of companies as they become known, each once, while their session lasts.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use streamflow_proto::{
    client::v1::{self as client_pb, session_service_client::SessionServiceClient as ClientSessions},
    provider::v1::{self as pb, change_service_client::ChangeServiceClient, session_service_client::SessionServiceClient},
};
use streamflow_tests::{
    answer::{fields, reason},
    on_both,
};
use tonic::{Status, Streaming};

use super::tenant::{Fleet, Told, tell, tell_of_three};

async fn watch(fleet: &Fleet, cursor: &str) -> Result<Streaming<pb::WatchResponse>, Status> {
    let ask = fleet.ask(pb::WatchRequest { cursor: cursor.to_owned() });
    Ok(ChangeServiceClient::new(fleet.pair.provider.channel.clone()).watch(ask).await?.into_inner())
}

/// The next company that something is told of, with the place in the stream; or how the stream ended.
async fn next(stream: &mut Streaming<pb::WatchResponse>) -> Result<(String, String), Status> {
    loop {
        // On PostgreSQL what any other test of the cluster still writes holds changes back.
        let message = tokio::time::timeout(Duration::from_secs(60), stream.message()).await.expect("a message")?;
        let message = message.ok_or_else(|| Status::cancelled("the stream is over"))?;
        if !message.tenant_id.is_empty() {
            return Ok((message.tenant_id, message.cursor));
        }
    }
}

/// Opens the stream and waits until it follows: whoever is signed out before that only sees it end.
async fn watch_from_now(fleet: &Fleet) -> Streaming<pb::WatchResponse> {
    let mut stream = watch(fleet, "").await.unwrap();
    let first = stream.message().await.unwrap().expect("a heartbeat");
    assert_eq!(first.tenant_id, "", "{first:?}");
    stream
}

/// Reads the directory of companies once more, at a later time.
async fn read_again(fleet: &Fleet, tenant_id: &str) {
    let told_at =
        async || fleet.get(tenant_id).await.map(|shown| shown.tenant.unwrap().reported_at.unwrap().seconds).unwrap_or_default();
    let before = told_at().await;
    let _jobs = fleet.jobs().await;
    let until = Instant::now() + Duration::from_secs(30);
    while told_at().await <= before {
        assert!(Instant::now() < until, "the directory is not read");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

on_both! {
    async fn each_company_is_told_of_once_and_only_when_something_is_new(world) {
        let fleet = Fleet::start(&world).await;
        let mut stream = watch(&fleet, "").await.unwrap();
        tell_of_three(&world).await;
        let (first, cursor) = next(&mut stream).await.unwrap();
        let others = [next(&mut stream).await.unwrap().0, next(&mut stream).await.unwrap().0];
        assert_eq!((first.as_str(), others), ("ada", ["bob".to_owned(), "cy".to_owned()]));

        // One that nobody reports, and which is then found as it was before.
        let owner = world.company("Harrow & Pike").await;
        let me = ClientSessions::new(world.channel.clone()).me(owner.ask(client_pb::MeRequest {})).await.unwrap();
        let tenant_id = me.into_inner().tenant_id;
        for _ in 0..2 {
            world.pass(TimeDelta::minutes(1));
            fleet.pair.provider.clock.set(world.now());
            read_again(&fleet, &tenant_id).await;
        }
        tell(&world, Told { tenant_id: "dee", name: "Dee", industry: "", made: world.now(), trial_ends: None }).await;
        assert_eq!(next(&mut stream).await.unwrap().0, tenant_id);
        assert_eq!(next(&mut stream).await.unwrap().0, "dee");

        // Whoever was away goes on where they were.
        let mut resumed = watch(&fleet, &cursor).await.unwrap();
        for expected in ["bob", "cy", &tenant_id, "dee"] {
            assert_eq!(next(&mut resumed).await.unwrap().0, expected);
        }
        assert_eq!(fields(&watch(&fleet, "yesterday").await.unwrap_err()), ["cursor"]);
    }

    async fn nothing_is_told_once_the_session_is_over(world) {
        let mut fleet = Fleet::start(&world).await;
        let mut stream = watch_from_now(&fleet).await;
        let mut sessions = SessionServiceClient::new(fleet.pair.provider.channel.clone());
        sessions.sign_out(fleet.ask(pb::SignOutRequest {})).await.unwrap();
        tell_of_three(&world).await;
        assert_eq!(reason(&next(&mut stream).await.unwrap_err()), "SESSION_ENDED");

        fleet.token = fleet.pair.provider.session("full").await;
        let mut stream = watch_from_now(&fleet).await;
        fleet.pair.provider.clock.advance(TimeDelta::minutes(16));
        world.pass(TimeDelta::minutes(16));
        tell(&world, Told { tenant_id: "dee", name: "Dee", industry: "", made: world.now(), trial_ends: None }).await;
        // One of the three may be handed on only now, and before the time went by.
        let end = loop {
            match next(&mut stream).await {
                Ok((told, _)) => assert_ne!(told, "dee"),
                Err(end) => break end,
            }
        };
        assert_eq!(reason(&end), "SESSION_EXPIRED");
    }
}
