//! Whoever sends only the head of a request gains nothing by it: no old rights, no place for ever, no other's place.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::channel::mpsc;
use http::uri::PathAndQuery;
use prost::Message as _;
use streamflow_proto::{
    as_bytes::AsBytes,
    client::v1::{self as pb, session_service_client::SessionServiceClient},
};
use streamflow_tests::{on_both, person::Person, world::World};
use tokio::{task::JoinHandle, time::timeout};
use tonic::{Code, Status, transport::Channel};

const ME: &str = "/streamflow.client.v1.SessionService/Me";

type Answer = JoinHandle<Result<Bytes, Status>>;

/// A request whose message comes when it is sent to the returned end.
fn hold_back(channel: &Channel, person: &Person) -> (mpsc::Sender<Bytes>, Answer) {
    let (body, messages) = mpsc::channel(1);
    let request = person.ask(messages);
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    let answer = tokio::spawn(async move {
        grpc.ready().await.expect("a ready channel");
        let answer = grpc.client_streaming(request, PathAndQuery::from_static(ME), AsBytes).await?;
        Ok(answer.into_inner())
    });
    (body, answer)
}

async fn connect(world: &World) -> Channel {
    Channel::from_shared(format!("http://{}", world.address)).unwrap().connect().await.unwrap()
}

on_both! {
    async fn a_request_held_back_does_not_keep_rights_alive(world) {
        let owner = world.company("Harrow & Pike").await;
        let (mut body, answer) = hold_back(&world.channel, &owner);
        tokio::time::sleep(Duration::from_millis(500)).await;
        let mut sessions = SessionServiceClient::new(connect(&world).await);
        sessions.sign_out(owner.ask(pb::SignOutRequest {})).await.unwrap();
        body.try_send(pb::MeRequest {}.encode_to_vec().into()).unwrap();
        drop(body);
        let refused = answer.await.unwrap().unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated, "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_does_not_arrive_is_refused() {
    let world = World::sqlite().await;
    let owner = world.company("Harrow & Pike").await;
    let (_body, answer) = hold_back(&world.channel, &owner);
    let refused = timeout(Duration::from_secs(20), answer).await.expect("an answer within 20 seconds").unwrap().unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_has_only_so_many_requests_at_work() {
    let world = World::sqlite().await;
    let owner = world.company("Harrow & Pike").await;
    let mut held = Vec::new();
    for _ in 0..4 {
        let channel = connect(&world).await;
        held.extend((0..20).map(|_| hold_back(&channel, &owner)));
    }
    let mut sessions = SessionServiceClient::new(connect(&world).await);
    // Others get in until all of those are there, and again when the first have been given up for not arriving.
    let until = Instant::now() + Duration::from_secs(8);
    while timeout(Duration::from_secs(1), sessions.me(owner.ask(pb::MeRequest {}))).await.is_ok() {
        assert!(Instant::now() < until, "an 81st request is worked on");
    }
    // Those that wait leave with their caller; those at work end when their bodies do not come.
    for (_, answer) in &held {
        answer.abort();
    }
    drop(held);
    let answered = timeout(Duration::from_secs(20), sessions.me(owner.ask(pb::MeRequest {}))).await;
    answered.expect("an answer").unwrap();
}

/// A session that is ended while its second factor is being looked at opens no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ended_meanwhile_is_not_renewed() {
    let world = World::postgres().await;
    let owner = world.company("Harrow & Pike").await;
    let mut sessions = SessionServiceClient::new(world.channel.clone());
    let sign_in =
        pb::SignInRequest { email: owner.email.clone(), password: streamflow_tests::person::PASSWORD.into(), return_token: true };
    let signed_in = sessions.sign_in(streamflow_tests::person::request(sign_in, None)).await.unwrap().into_inner();
    let pending = Person { token: signed_in.token, ..owner.clone() };
    let db = world.kernel.database.system().await.unwrap();
    let sql = "UPDATE sessions SET revoked_at = ? WHERE level = 'pending' AND revoked_at IS NULL";
    assert_eq!(db.execute(sql, vec![world.now().into()]).await.unwrap(), 1);
    let code = pb::VerifySecondFactorRequest { code: owner.code(&world), return_token: true };
    let verify = tokio::spawn(async move { sessions.verify_second_factor(pending.ask(code)).await });
    // It was admitted while the end was not committed, and waits for the session's row.
    world.somebody_waits().await;
    assert!(!verify.is_finished());
    db.commit().await.unwrap();
    assert_eq!(verify.await.unwrap().unwrap_err().code(), Code::Unauthenticated);
}
