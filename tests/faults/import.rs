//! `streamflow import customers` and `import leads`: a real file from a terminal, refused whole while a row is broken, taken in when it is not.

use serde_json::Value;
use streamflow_proto::client::v1::{
    self as pb, customer_service_client::CustomerServiceClient, lead_service_client::LeadServiceClient,
};
use streamflow_tests::{person, postgres::Cluster, process::Server};

const EMAIL: &str = "owner@example.com";
const PASSWORD: &str = "correct-horse-Battery-9-staple";
/// 4 leads.
const LEADS: &str = include_str!("../api/client/import/leads.csv");
/// 91 customers, each with a contact.
const NORTHWIND: &str = include_str!("../../server/src/demo/northwind-customers.csv");

/// Customers of the company, as its owner counts them.
async fn customers(server: &Server, token: &str) -> i32 {
    let list = pb::ListCustomersRequest { page_size: 1, count_total: true, ..Default::default() };
    let mut service = CustomerServiceClient::new(server.channel());
    let found = service.list_customers(person::request(list, Some(token))).await.unwrap().into_inner();
    found.page.unwrap().total_size
}

/// Names and worth of the company's leads, by number.
async fn leads(server: &Server, token: &str) -> Vec<(String, i64)> {
    let list = pb::ListLeadsRequest { order_by: "number".into(), ..Default::default() };
    let mut service = LeadServiceClient::new(server.channel());
    let found = service.list_leads(person::request(list, Some(token))).await.unwrap().into_inner().leads;
    found.into_iter().map(|lead| (lead.name, lead.value.unwrap_or_default().minor_units)).collect()
}

/// Leads with the same options.
async fn takes_leads_in(server: &Server, token: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leads.csv");
    let import = |text: &str, more: &[&str]| {
        std::fs::write(&file, text).unwrap();
        server.run(&[&["import", "leads", "--tenant", "fault-co", "--file", file.to_str().unwrap()], more].concat())
    };
    let (is_done, text) = import(&LEADS.replace("48000", "much"), &[]);
    assert!(!is_done && text.contains("row 3, Value: ") && text.contains("nothing was imported"), "{text}");
    assert!(leads(server, token).await.is_empty());
    let (is_done, text) = import(LEADS, &[]);
    assert!(is_done && text.contains("4 rows: 4 created, 0 updated, 0 unchanged, 0 left out"), "{text}");
    let made = leads(server, token).await;
    assert_eq!((made.len(), &made[2]), (4, &("Solar panels".to_owned(), 4_800_000)));
    let (is_done, text) = import(&LEADS.replace("48000", "50000"), &["--mode", "upsert", "--key", "email", "--json"]);
    let summary: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    assert!(is_done && summary["updated"] == 1 && summary["unchanged"] == 3, "{text}");
    let (is_done, text) = import(LEADS, &["--key", "phone"]);
    assert!(!is_done && text.contains("key: Choose email or number."), "{text}");
    let (is_done, text) = import("Subject\nTwice\nTwice\n", &["--mode", "create"]);
    assert!(is_done && text.contains("2 created"), "{text}");
    assert_eq!(leads(server, token).await.len(), 6);
}

/// The same on either database.
async fn takes_the_file_in(mut server: Server) {
    server.migrate();
    server.create_tenant(EMAIL, PASSWORD);
    server.start();
    let token = server.first_sign_in(EMAIL, PASSWORD).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("customers.csv");
    let import = |text: &str, more: &[&str]| {
        std::fs::write(&file, text).unwrap();
        server.run(&[&["import", "customers", "--tenant", "fault-co", "--file", file.to_str().unwrap(), "--json"], more].concat())
    };
    let summary = |text: &str| -> Value { serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}")) };
    let counts = |text: &str| {
        let summary = summary(text);
        ["rows", "created", "updated", "unchanged", "skipped", "contacts_created"].map(|name| summary[name].as_i64().unwrap())
    };

    // A customer without a name, and a mail address that is none.
    let broken = NORTHWIND.replacen("Alfreds Futterkiste", "", 1);
    let (is_done, text) = import(&broken, &[]);
    assert!(!is_done && text.contains("row 1, companyName: ") && text.contains("nothing was imported"), "{text}");
    assert_eq!(customers(&server, &token).await, 0);

    let (is_done, text) = import(&broken, &["--skip-problem-rows"]);
    assert!(is_done, "{text}");
    assert_eq!(counts(&text), [91, 90, 0, 0, 1, 90]);
    let (is_done, text) = import(NORTHWIND, &[]);
    assert!(is_done, "{text}");
    assert_eq!(counts(&text), [91, 1, 0, 90, 0, 1]);
    assert_eq!(customers(&server, &token).await, 91);
    let (is_done, text) = import(&NORTHWIND.replace("Obere Str. 57", "Obere Str. 58"), &["--mode", "update"]);
    assert!(is_done, "{text}");
    assert_eq!(counts(&text), [91, 0, 1, 90, 0, 0]);

    for (more, expected) in [
        (["--mode", "replace"], "mode: Choose create, update or upsert."),
        (["--key", "phone"], "key: Choose external_id, name or email."),
    ] {
        let (is_done, text) = import(NORTHWIND, &more);
        assert!(!is_done && text.contains(expected), "{text}");
    }
    let (is_done, text) = server.run(&["import", "customers", "--tenant", "nobody", "--file", file.to_str().unwrap()]);
    assert!(!is_done && text.contains("tenant: There is no such company."), "{text}");
    let (is_done, text) = server.run(&["import", "customers", "--tenant", "fault-co", "--file", "/nowhere.csv"]);
    assert!(!is_done && text.contains("/nowhere.csv can't be read"), "{text}");
    assert_eq!(customers(&server, &token).await, 91);
    takes_leads_in(&server, &token).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_imported_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    takes_the_file_in(Server::new(folder.path(), None)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_imported_on_postgres() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(false)).await.unwrap();
    takes_the_file_in(Server::new(folder.path(), Some(format!("{}/postgres", cluster.url)))).await;
}
