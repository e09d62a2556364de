//! The demo that `cargo xtask run` shows: every sign-in of `demo.json` works, and the companies are as big as they are said to be.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::Value;
use streamflow_kernel::totp;
use streamflow_proto::client::v1::{
    self as pb, contact_service_client::ContactServiceClient, customer_service_client::CustomerServiceClient,
    lead_service_client::LeadServiceClient, session_service_client::SessionServiceClient,
};
use streamflow_tests::{person, postgres::Cluster, process::Server};

/// Waits until the demo is made, and gives its sign-ins.
async fn accounts(data: &Path) -> Vec<Value> {
    let until = Instant::now() + Duration::from_mins(10);
    loop {
        let text = std::fs::read_to_string(data.join("demo.json")).unwrap_or_default();
        let demo: Value = serde_json::from_str(&text).unwrap_or_default();
        if demo["seeded"] == true {
            return demo["accounts"].as_array().expect("sign-ins").clone();
        }
        assert!(Instant::now() < until, "the demo was not made in time");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Signs in as the table of `cargo xtask run` lets a person do, and says who that is.
async fn sign_in(server: &Server, account: &Value) -> (String, pb::MeResponse) {
    let text = |name: &str| account[name].as_str().expect(name).to_owned();
    let mut sessions = SessionServiceClient::new(server.channel());
    let begin = pb::SignInRequest { email: text("email"), password: text("password"), return_token: true };
    let mut token = sessions.sign_in(person::request(begin, None)).await.unwrap().into_inner().token;
    if let Some(secret) = account["totp_secret"].as_str() {
        let code = totp::code_at(&totp::from_base32(secret).expect("base32"), chrono::Utc::now()).expect("a code");
        let verify = pb::VerifySecondFactorRequest { code, return_token: true };
        token = sessions.verify_second_factor(person::request(verify, Some(&token))).await.unwrap().into_inner().token;
    }
    let me = sessions.me(person::request(pb::MeRequest {}, Some(&token))).await.unwrap().into_inner();
    (token, me)
}

/// How many customers, contacts and leads the person sees.
async fn counts(server: &Server, token: &str) -> [i32; 3] {
    let channel = server.channel();
    let customers = pb::ListCustomersRequest { count_total: true, ..Default::default() };
    let customers = CustomerServiceClient::new(channel.clone()).list_customers(person::request(customers, Some(token))).await;
    let contacts = pb::ListContactsRequest { count_total: true, ..Default::default() };
    let contacts = ContactServiceClient::new(channel.clone()).list_contacts(person::request(contacts, Some(token))).await;
    let leads = pb::ListLeadsRequest { count_total: true, ..Default::default() };
    let leads = LeadServiceClient::new(channel).list_leads(person::request(leads, Some(token))).await;
    let pages = [customers.unwrap().into_inner().page, contacts.unwrap().into_inner().page, leads.unwrap().into_inner().page];
    pages.map(|page| page.expect("a page").total_size)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_is_what_the_readme_says_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    is_what_the_readme_says(folder.path(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_is_what_the_readme_says_on_postgres() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(false)).await.unwrap();
    is_what_the_readme_says(folder.path(), Some(format!("{}/postgres", cluster.url))).await;
}

async fn is_what_the_readme_says(data: &Path, postgres: Option<String>) {
    let mut server = Server::new(data, postgres);
    server.flags = vec!["--demo".to_owned()];
    server.migrate();
    server.start();
    let mut roles = Vec::new();
    for account in accounts(data).await {
        let (token, me) = sign_in(&server, &account).await;
        let user = me.user.expect("a user");
        assert_eq!(user.roles, [account["role"].as_str().unwrap()], "{account}");
        if user.roles == ["OWNER"] {
            let seen = counts(&server, &token).await;
            let least = match account["company"].as_str() {
                Some("Northwind Traders") => [91, 91, 0],
                Some("Harrow & Pike") => [400, 900, 300],
                _ => [48, 0, 30],
            };
            assert!(seen.iter().zip(least).all(|(seen, least)| *seen >= least), "{account}: {seen:?}");
        }
        roles.push((account["company"].as_str().unwrap().to_owned(), user.roles.concat()));
    }
    let at_home = roles.iter().filter(|(company, _)| company == "Harrow & Pike");
    let mut at_home: Vec<&str> = at_home.map(|(_, role)| role.as_str()).collect();
    at_home.sort_unstable();
    assert_eq!(at_home, ["ACCOUNTANT", "EMPLOYEE", "MANAGER", "OWNER", "STAFF", "STAFF"]);
    for other in ["Northwind Traders", "Lumen Skin Clinic", "Alder Homes"] {
        assert!(roles.iter().any(|(company, _)| company == other), "{other}");
    }
}
