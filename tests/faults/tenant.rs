//! `streamflow tenant create` without a password: never a database by mistake, and a link that lets the owner in.

use streamflow_proto::client::v1::{self as pb, account_service_client::AccountServiceClient};
use streamflow_tests::{person, process::Server};

const EMAIL: &str = "owner@example.com";
const PASSWORD: &str = "correct-horse-Battery-9-staple";
const WORDS: [&str; 8] = ["tenant", "create", "--owner-name", "Olive Owner", "--owner-email", EMAIL, "--json", "--name"];

/// The link that making a company printed, if any.
fn password_url(server: &Server, name: &str) -> Option<String> {
    let (is_done, text) = server.run(&[&WORDS[..], &[name]].concat());
    assert!(is_done, "{text}");
    let made: serde_json::Value = serde_json::from_str(&text).unwrap();
    made["password_url"].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_without_a_password_gets_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::new(folder.path(), None);
    let (is_done, text) = server.run(&[&WORDS[..], &["Early & Co"]].concat());
    assert!(!is_done && text.contains("there is no database of client"), "{text}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    server.migrate();
    let link = password_url(&server, "First & Co").expect("a link");
    assert_eq!(password_url(&server, "Second & Co"), None, "the owner has an account by now");
    server.start();
    let token = link.split_once("/reset/confirm#token=").expect("a token").1.to_owned();
    let reset = pb::ResetPasswordRequest { token, new_password: PASSWORD.into() };
    AccountServiceClient::new(server.channel()).reset_password(person::request(reset, None)).await.unwrap();
    server.first_sign_in(EMAIL, PASSWORD).await;
}
