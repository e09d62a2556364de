//! A request that takes longer than anybody waits: its caller is told so, its work goes on, and its repetition has its reply.

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, TransactionTrait as _};
use streamflow_proto::client::v1::{self as pb, customer_service_client::CustomerServiceClient};
use streamflow_tests::{
    person,
    postgres::{self, Cluster},
    process::Server,
};
use tonic::{Code, Request};

const EMAIL: &str = "owner@example.com";
const PASSWORD: &str = "correct-horse-Battery-9-staple";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_waits_for_thirty_seconds_and_the_work_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(false)).await.unwrap();
    let url = format!("{}/postgres", cluster.url);
    let mut server = Server::new(folder.path(), Some(url.clone()));
    server.migrate();
    server.create_tenant(EMAIL, PASSWORD);
    let admin = postgres::superuser(&url).await;
    // Otherwise the database gives up in the same moment.
    let role = streamflow_migrations::System::Client.login_role();
    let patient = format!("ALTER ROLE {role} IN DATABASE postgres SET statement_timeout = '5min'");
    admin.execute_unprepared(&patient).await.unwrap();
    server.start();
    let token = server.first_sign_in(EMAIL, PASSWORD).await;
    let create = || {
        let customer = pb::Customer { name: "Harbour".into(), ..Default::default() };
        let mut request: Request<_> = person::request(pb::CreateCustomerRequest { customer: Some(customer) }, Some(&token));
        request.metadata_mut().insert("idempotency-key", "slow-test-1".parse().unwrap());
        request
    };

    let lock = admin.begin().await.unwrap();
    lock.execute_unprepared("LOCK TABLE client.customers IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let begun = std::time::Instant::now();
    let refused = CustomerServiceClient::new(server.channel()).create_customer(create()).await.unwrap_err();
    assert_eq!(refused.code(), Code::DeadlineExceeded, "{refused:?}");
    assert!(refused.message().contains("may still be saved") && begun.elapsed() >= Duration::from_secs(29));
    assert!(refused.metadata().contains_key("x-request-id"));
    lock.rollback().await.unwrap();

    let reply = CustomerServiceClient::new(server.channel()).create_customer(create()).await.unwrap();
    let list = pb::ListCustomersRequest::default();
    let found = CustomerServiceClient::new(server.channel()).list_customers(person::request(list, Some(&token))).await.unwrap();
    let found: Vec<String> = found.into_inner().customers.into_iter().map(|customer| customer.id).collect();
    assert_eq!(found, [reply.into_inner().customer.unwrap().id]);
}
