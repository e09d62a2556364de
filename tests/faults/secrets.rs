//! What nobody may find: passwords, tokens and private details, looked for in everything the program logs and stores.

use std::{fs, path::Path};

use streamflow_proto::client::v1::{
    self as pb, account_service_client::AccountServiceClient, customer_service_client::CustomerServiceClient,
    session_service_client::SessionServiceClient,
};
use streamflow_tests::{person, postgres::Cluster, process::Server};

const EMAIL: &str = "canary-owner@example.com";
const PASSWORD: &str = "canary-horse-Battery-9-staple";
const WRONG: &str = "canary-wrong-Battery-9-staple";
const NEXT: &str = "canary-next-Battery-9-staple";
const TAX_ID: &str = "CANARY-TAX-4711";
const GUESSED: &str = "canaryGuessedTokenOfSomebody";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_log_nor_database_holds_a_secret_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    holds_no_secret(folder.path(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_log_nor_database_holds_a_secret_on_postgres() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(false)).await.unwrap();
    holds_no_secret(folder.path(), Some(cluster)).await;
}

async fn holds_no_secret(folder: &Path, mut cluster: Option<Cluster>) {
    let data = folder.join("data");
    let log = folder.join("log");
    let mut server = Server::new(&data, cluster.as_ref().map(|cluster| format!("{}/postgres", cluster.url)));
    server.log = Some(log.clone());
    server.migrate();
    server.create_tenant(EMAIL, PASSWORD);
    server.start();
    let token = server.first_sign_in(EMAIL, PASSWORD).await;
    let mut sessions = SessionServiceClient::new(server.channel());
    let wrong = pb::SignInRequest { email: EMAIL.into(), password: WRONG.into(), return_token: true };
    sessions.sign_in(person::request(wrong, None)).await.unwrap_err();
    sessions.me(person::request(pb::MeRequest {}, Some(GUESSED))).await.unwrap_err();
    let mut customers = CustomerServiceClient::new(server.channel());
    let customer = Some(pb::Customer { name: "Harbour".into(), ..Default::default() });
    let made = customers.create_customer(person::request(pb::CreateCustomerRequest { customer }, Some(&token))).await.unwrap();
    let customer_id = made.into_inner().customer.unwrap().id;
    let private = Some(pb::CustomerPrivate { customer_id, tax_id: TAX_ID.into(), ..Default::default() });
    customers.update_customer_private(person::request(pb::UpdateCustomerPrivateRequest { private }, Some(&token))).await.unwrap();
    let mut accounts = AccountServiceClient::new(server.channel());
    let ask = pb::RequestPasswordResetRequest { email: EMAIL.into() };
    accounts.request_password_reset(person::request(ask, None)).await.unwrap();
    let link = reset_token(&data.join("outbox")).await;
    let reset = pb::ResetPasswordRequest { token: link.clone(), new_password: NEXT.into() };
    accounts.reset_password(person::request(reset, None)).await.unwrap();
    server.stop();
    if let Some(cluster) = &mut cluster {
        cluster.stop();
    }

    let told = fs::read_to_string(&log).unwrap();
    assert!(told.contains("ResetPassword") && told.contains("INSERT INTO"), "the log tells of what was done");
    for secret in [EMAIL, PASSWORD, WRONG, NEXT, TAX_ID, GUESSED, &token, &link] {
        assert!(!told.contains(secret), "the log tells {secret}");
    }
    check_request_line(&told);
    let mut databases = files(&data);
    databases.extend(cluster.iter().flat_map(|cluster| files(cluster.folder())));
    assert!(databases.iter().any(|(_, bytes)| holds(bytes, "Harbour")), "the rows are looked at");
    for secret in [PASSWORD, WRONG, NEXT, TAX_ID, GUESSED, &token, &link] {
        for (name, bytes) in &databases {
            assert!(!holds(bytes, secret), "{name} holds {secret}");
        }
    }
}

/// Who asked for what, how it ended and how long it took, of each request.
fn check_request_line(told: &str) {
    let line = told.lines().find(|line| line.contains("request space=") && line.contains("CustomerService/CreateCustomer"));
    let line = line.expect("a line of the request");
    let value = |name: &str| {
        let (_, rest) = line.split_once(&format!(" {name}=")).unwrap_or_else(|| panic!("no {name} in {line}"));
        rest.split_whitespace().next().unwrap_or_default().trim_matches('"')
    };
    let is_id = |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(is_id(value("request_id")) && is_id(value("user_id")), "{line}");
    assert_eq!((value("entity"), value("status")), ("customer", "OK"), "{line}");
    assert_eq!(value("action"), "/streamflow.client.v1.CustomerService/CreateCustomer");
    assert!(value("duration_us").parse::<u64>().is_ok_and(|took| took > 0), "{line}");
}

/// Every file of the program but the mails, whose whole purpose is to be read.
fn files(data: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(data).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("outbox") {
                found.extend(files(&path));
            }
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found
}

fn holds(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

/// From the mail that the reset link comes in.
async fn reset_token(outbox: &Path) -> String {
    for _ in 0..200 {
        let mails = fs::read_dir(outbox).into_iter().flatten().filter_map(|entry| fs::read_to_string(entry.ok()?.path()).ok());
        for mail in mails {
            let unfolded = mail.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
            if let Some((_, rest)) = unfolded.split_once("/reset/confirm#token=") {
                return rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no mail came");
}
