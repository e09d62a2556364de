//! Certificates of calls between systems, with real processes: what a check of the configuration says of them, whom a process
//! believes, and that both take new ones while they run.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use streamflow_kernel::tls::files::Pair;
use streamflow_tests::{certificates::Authority, process::Server};

use crate::federation::Admin;

fn set_pair(server: &mut Server, pair: &Pair) {
    server.set("STREAMFLOW_FEDERATION_TLS__CERTIFICATE", pair.certificate.to_str().unwrap());
    server.set("STREAMFLOW_FEDERATION_TLS__KEY", pair.key.to_str().unwrap());
}

#[test]
fn a_check_of_the_configuration_names_what_is_wrong_with_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (path, now) = (folder.path(), Utc::now());
    let mut server = Server::new(path, None);
    let authority = Authority::new("ours");
    let pair = authority.issue_now("north.internal", now).write(path);
    set_pair(&mut server, &pair);
    server.set("STREAMFLOW_FEDERATION_TLS__CA", authority.write(path, "ca.pem").to_str().unwrap());
    let check = |server: &Server| server.run(&["config", "check"]);
    let (is_good, text) = check(&server);
    assert!(is_good && text.contains("[federation_tls]") && text.contains("certificate.pem"), "{text}");
    let refuses = |what: &str| {
        let (is_good, text) = check(&server);
        assert!(!is_good && text.contains(what), "{what} in {text}");
        text
    };

    authority.issue("north.internal", now - TimeDelta::days(9), now - TimeDelta::days(1)).write(path);
    refuses("federation_tls.certificate: ");
    refuses("certificate.pem has a certificate that expired on ");
    authority.issue("north.internal", now + TimeDelta::days(1), now + TimeDelta::days(9)).write(path);
    refuses("certificate.pem has a certificate that is not valid before ");
    let key = authority.issue_now("north.internal", now).key;
    std::fs::write(&pair.key, &key).unwrap();
    refuses("key.pem has a key that does not belong to the certificate in ");
    std::fs::set_permissions(&pair.key, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::write(&pair.certificate, "a letter").unwrap();
    std::fs::write(path.join("ca.pem"), &key).unwrap();
    // All at once, each with its key of the configuration; and nothing of what is in the files.
    let text = refuses("certificate.pem has no certificate in it");
    assert!(
        text.contains("federation_tls.key: ") && text.contains("key.pem can be read by others (mode 644); run chmod 600 on it")
    );
    assert!(text.contains("federation_tls.ca: ") && text.contains("ca.pem has no certificate in it"), "{text}");
    assert!(!text.contains("PRIVATE KEY") && !text.contains("a letter"), "{text}");
    std::fs::remove_file(&pair.certificate).unwrap();
    refuses("certificate.pem can't be read: No such file");

    server.set("STREAMFLOW_FEDERATION_URLS__PROVIDER", "https://10.0.0.2:7010/path");
    let (is_good, text) = check(&server);
    assert!(!is_good && text.contains("federation_urls.provider: ") && text.contains("https://host:port"), "{text}");
}

/// When a certificate ends that the server shows or has seen, as its metrics tell.
fn told_end(server: &Server, shown_by: &str) -> Option<i64> {
    let (_, metrics) = server.get(0, "/metrics");
    let begins = format!("certificate_expires_seconds{{shown_by=\"{shown_by}\"}} ");
    let value: f64 = metrics.lines().find_map(|line| line.strip_prefix(&begins))?.parse().unwrap();
    Some(value as i64)
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !is_so().await {
        assert!(Instant::now() < until, "{what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn log_says(log: &Path, words: &[&str]) -> bool {
    let log = std::fs::read_to_string(log).unwrap();
    log.lines().any(|line| words.iter().all(|word| line.contains(word)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_speak_by_tls_and_take_new_certificates_while_they_run() {
    let folder = tempfile::tempdir().unwrap();
    let [north, south, files] = ["north", "south", "files"].map(|name| folder.path().join(name));
    for folder in [&north, &south, &files] {
        std::fs::create_dir(folder).unwrap();
    }
    let (mut clients, mut others) = (Server::of("client", &north, None), Server::of("provider", &south, None));
    let secret = Admin::appoint(&mut others).await;
    let (ours, stranger) = (Authority::new("ours"), Authority::new("a stranger"));
    let until_when: DateTime<Utc> = Utc::now() + TimeDelta::days(90);
    set_pair(&mut clients, &ours.issue("north.internal", Utc::now() - TimeDelta::days(1), until_when).write(&files));
    others.set("STREAMFLOW_FEDERATION_TLS__CA", stranger.write(&files, "ca.pem").to_str().unwrap());
    others.set("STREAMFLOW_FEDERATION_URLS__CLIENT", format!("https://127.0.0.1:{}", clients.port_base + 10));
    let keys = south.join("federation-keys.json");
    let (is_done, text) = clients.run(&["federation", "keys", "--systems", "provider", "--out", keys.to_str().unwrap()]);
    assert!(is_done, "{text}");
    let logs = [&north, &south].map(|folder| folder.join("server.log"));
    (clients.log, others.log) = (Some(logs[0].clone()), Some(logs[1].clone()));
    clients.start();
    others.start();

    // Whom the caller does not know is refused, and the log says whom and why.
    let admin = Admin::sign_in(&others, &secret).await;
    let refused = admin.greet().await;
    assert!(!refused.reached && refused.problem.contains("signed by no authority that this system trusts"), "{refused:?}");
    assert!(log_says(&logs[1], &["WARN", "CERTIFICATE_ISSUER", "client"]), "nothing in the log");
    assert_eq!(told_end(&others, "client"), None);
    // Until the right authority is put in its place.
    ours.write(&files, "ca.pem");
    admin.greet_until("the authority", |answer| answer.reached).await;
    until("the metric of what was seen", async || told_end(&others, "client") == Some(until_when.timestamp())).await;
    assert_eq!(told_end(&clients, "this process"), Some(until_when.timestamp()));

    // One that has expired is not taken; the next one is, and who is connected sees it.
    let now = Utc::now();
    ours.issue("north.internal", now - TimeDelta::days(9), now - TimeDelta::days(1)).write(&files);
    until("the warning", async || log_says(&logs[0], &["WARN", "stay as they were", "expired on"])).await;
    assert_eq!(told_end(&clients, "this process"), Some(until_when.timestamp()));
    assert!(admin.greet().await.reached);
    let sooner = now + TimeDelta::days(10);
    ours.issue("north.internal", now - TimeDelta::days(1), sooner).write(&files);
    until("the renewal", async || told_end(&clients, "this process") == Some(sooner.timestamp())).await;
    admin.greet_until("a call afterwards", |answer| answer.reached).await;
    until("the renewal on the other side", async || told_end(&others, "client") == Some(sooner.timestamp())).await;
    for (log, shown_by) in logs.iter().zip(["this process", "client"]) {
        assert!(log_says(log, &["WARN", "ends soon", shown_by, "north.internal"]), "{shown_by}");
    }
    clients.stop();
    others.stop();
}
