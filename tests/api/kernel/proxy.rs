//! Whose address counts behind a balancer: the header is believed from the addresses the configuration lists, and from nobody else.

use streamflow_kernel::{db::Backend, server::proxies::TrustedProxies};
use streamflow_proto::client::v1::{self as pb, session_service_client::SessionServiceClient};
use streamflow_tests::{
    person::{PASSWORD, request},
    sql,
    world::{Setup, World},
};

/// The address that a sign-in with this header leaves on its session.
async fn address_of_sign_in(trusted: &[&str], forwarded: &'static str) -> String {
    let trusted: Vec<String> = trusted.iter().map(|text| (*text).to_owned()).collect();
    let trusted_proxies = TrustedProxies::parse(&trusted).unwrap();
    let world = World::with(Backend::Sqlite, Setup { trusted_proxies, ..Setup::default() }).await;
    let owner = world.company("Acme").await;
    let sign_in = pb::SignInRequest { email: owner.email.clone(), password: PASSWORD.into(), return_token: true };
    let mut sign_in = request(sign_in, None);
    sign_in.metadata_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
    SessionServiceClient::new(world.channel.clone()).sign_in(sign_in).await.unwrap();
    let newest = "SELECT ip FROM sessions ORDER BY id DESC LIMIT 1";
    sql::row(&world.kernel.database, newest, vec![]).await.try_get("", "ip").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listed_balancer_names_the_caller() {
    let address = address_of_sign_in(&["127.0.0.0/8", "10.0.0.7"], "198.51.100.1, 203.0.113.9, 10.0.0.7").await;
    assert_eq!(address, "203.0.113.9");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_does() {
    assert_eq!(address_of_sign_in(&[], "203.0.113.9").await, "127.0.0.1");
    assert_eq!(address_of_sign_in(&["10.0.0.0/8"], "203.0.113.9").await, "127.0.0.1");
}
