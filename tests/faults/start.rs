//! What the program makes of its settings: refuses what would be unsafe, stays closed where something is missing, hides secrets.

use streamflow_kernel::password::{Params, PasswordHasher};
use streamflow_tests::{
    operator::{Caller, EMAIL, PASSWORD},
    process::Server,
};
use tonic::Code;

#[test]
fn a_plaintext_password_or_a_weak_hash_stops_the_start() {
    let weak = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g";
    for (system, prefix) in [("provider", "PROVIDER"), ("dev", "DEVELOPER"), ("accountant", "ACCOUNTANT")] {
        for (name, value, expected) in [
            ("PASSWORD", "secret-word", "holds a plaintext password"),
            ("PASSWORD_HASH", "secret-word", "is not an argon2id hash"),
            ("PASSWORD_HASH", weak, &format!("{prefix}_PASSWORD_HASH: ")),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let mut server = Server::new(folder.path(), None);
            server.set(&format!("{prefix}_EMAIL"), EMAIL);
            server.set(&format!("{prefix}_{name}"), value);
            let port = server.port_base.to_string();
            let (starts, text) = server.run(&["serve", "--systems", system, "--port-base", &port]);
            assert!(!starts && text.contains(&format!("{prefix}_{name}")) && text.contains(expected), "{text}");
            assert!(!text.contains("secret-word"), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_seed_nobody_signs_in() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::of("provider,dev,accountant", folder.path(), None);
    let hash = PasswordHasher::new(Params::BREAK_GLASS).hash(PASSWORD).await.unwrap();
    for prefix in ["PROVIDER", "DEVELOPER", "ACCOUNTANT"] {
        server.set(&format!("{prefix}_EMAIL"), EMAIL);
        server.set(&format!("{prefix}_PASSWORD_HASH"), &hash);
    }
    server.start();
    for (space, offset) in [("provider", 2), ("dev", 3), ("accountant", 4)] {
        let caller = Caller { space, channel: server.channel_at(offset) };
        assert_eq!(caller.begin(EMAIL, PASSWORD).await.unwrap_err().code(), Code::Unauthenticated, "{space}");
    }
}

#[test]
fn the_configuration_is_checked_and_shown_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("streamflow.toml");
    let mut server = Server::new(folder.path(), None);
    server.set("STREAMFLOW_SMTP_URL", "smtps://user:canary-word@mail.example.com");
    server.set("STREAMFLOW_MASTER_KEYS", "k1:canary-word");
    server.set("STREAMFLOW_GITHUB__CLIENT_ID", "Iv1.of-the-test");
    server.set("STREAMFLOW_GITHUB__CLIENT_SECRET", "canary-word");
    let check = |text: &str| {
        std::fs::write(&file, text).unwrap();
        server.run(&["config", "check", "--config", file.to_str().unwrap()])
    };
    let (is_fine, text) = check("log_format = \"json\"\npostgres = \"postgres://user:canary-word@db.internal/streamflow\"\n");
    assert!(is_fine && text.contains("log_format = \"json\"") && text.contains("db.internal"), "{text}");
    assert!(!text.contains("canary-word"), "{text}");
    assert!(text.contains("Iv1.of-the-test"), "{text}");
    let (is_fine, text) = check("[github]\nweb_url = \"http://git.example.com\"\n");
    assert!(!is_fine && text.contains("github.web_url") && !text.contains("canary-word"), "{text}");
    let (is_fine, text) = check("log_fromat = \"json\"\n");
    assert!(!is_fine && text.contains("log_fromat"), "{text}");
    let (is_fine, text) = check("systems = [\"kitchen\"]\n");
    assert!(!is_fine && text.contains("kitchen"), "{text}");
    server.run(&["config", "check"]).0.then_some(()).expect("the defaults are fine");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "looking makes nothing");
}

#[test]
fn a_health_check_asks_the_server_that_the_configuration_names() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::new(&folder.path().join("data"), None);
    let file = folder.path().join("streamflow.toml");
    std::fs::write(&file, format!("port_base = {}\n", server.port_base)).unwrap();
    let file = file.to_str().unwrap();
    let (is_ready, text) = server.run(&["healthcheck", "--config", file]);
    assert!(!is_ready && text.contains(&format!("nothing listens on 127.0.0.1:{}", server.port_base)), "{text}");
    server.start();
    assert_eq!(server.run(&["healthcheck", "--config", file]), (true, "ready\n".to_owned()));
    let (is_ready, text) = server.run(&["healthcheck", "--config", file, "--port-base", "1"]);
    assert!(!is_ready, "the flag wins: {text}");
}
