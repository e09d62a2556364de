//! tonic and hyper set no limits of their own. Sizes, preflights and idle connections meet ours.

use std::time::Duration;

use http::{Method, Request, StatusCode};
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use streamflow_proto::client::v1::{self as pb, team_service_client::TeamServiceClient};
use streamflow_tests::{
    answer::fields,
    on_both, raw,
    world::{ORIGIN, World},
};
use tokio::{io::AsyncReadExt as _, net::TcpStream};
use tonic::Code;

on_both! {
    async fn a_request_has_a_greatest_size(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut teams = TeamServiceClient::new(world.channel.clone());
        let named = |name: String| owner.ask(pb::CreateTeamRequest { team: Some(pb::Team { name, ..Default::default() }) });
        let refused = teams.create_team(named("x".repeat(1024 * 1024 + 1))).await.unwrap_err();
        assert_eq!(fields(&refused), ["request"]);
        let refused = teams.create_team(named("x".repeat(1024 * 1024 - 1024))).await.unwrap_err();
        assert_eq!(fields(&refused), ["team.name"], "a smaller one is read");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deep_and_long_messages_are_refused_and_harm_nobody() {
    let world = World::sqlite().await;
    let owner = world.company("Harrow & Pike").await;
    // Half a million groups in each other, of a field nobody knows.
    let deep = [0x9b, 0x06].repeat(500_000);
    // Half a million empty texts and as many empty messages.
    let long = [0x12, 0x00].repeat(500_000);
    for path in ["/streamflow.client.v1.TeamService/CreateTeam", "/streamflow.client.v1.CustomerService/UpdateCustomer"] {
        for message in [&deep, &long] {
            let (code, _) = raw::call(&world.channel, "client", Some(&owner.token), path, message.clone()).await;
            assert_eq!(code, Code::InvalidArgument, "{path}");
        }
    }
    let mut teams = TeamServiceClient::new(world.channel.clone());
    let team = pb::Team { name: "North".into(), ..Default::default() };
    teams.create_team(owner.ask(pb::CreateTeamRequest { team: Some(team) })).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preflight_grants_nothing() {
    let world = World::sqlite().await;
    let http = Client::builder(TokioExecutor::new()).build_http::<Full<bytes::Bytes>>();
    for origin in ["https://evil.example", ORIGIN] {
        let request = Request::builder()
            .method(Method::OPTIONS)
            .uri(format!("http://{}/streamflow.client.v1.SessionService/SignOut", world.address))
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        let response = http.request(request.body(Full::default()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        let granted = response.headers().keys().find(|name| name.as_str().starts_with("access-control-"));
        assert_eq!(granted, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_sends_no_header_is_closed() {
    let world = World::sqlite().await;
    let mut idle = TcpStream::connect(world.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut idle, b"POST / HTTP/1.1\r\nhost:").await.unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(15), idle.read_to_end(&mut Vec::new())).await;
    assert!(closed.is_ok(), "still open after 15 seconds");
}
