//! `streamflow audit`: the program's own verdict, and that of the one that has no database.

use streamflow_tests::process::Server;

const EMAIL: &str = "owner@example.com";
const PASSWORD: &str = "correct-horse-Battery-9-staple";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_is_verified_without_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::new(folder.path(), None);
    server.migrate();
    server.create_tenant(EMAIL, PASSWORD);
    server.start();
    server.first_sign_in(EMAIL, PASSWORD).await;
    server.stop();
    let (is_intact, verdict) = server.run(&["audit", "verify", "--json"]);
    assert!(is_intact, "{verdict}");
    let verdict: serde_json::Value = serde_json::from_str(&verdict).unwrap();
    let org = verdict["chains"][0]["org"].as_str().unwrap();
    // Making the company, and three requests of its owner.
    assert_eq!((verdict["chains"][0]["sealed"].as_u64(), verdict["chains"][0]["unsealed"].as_u64()), (Some(4), Some(0)));

    let (_, key) = server.run(&["audit", "public-key"]);
    let (_, export) = server.run(&["audit", "export", "--org", org]);
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("audit.jsonl");
    let checkpoints = folder.path().join("audit-checkpoints/client.jsonl");
    let verify = |text: &str, key: &str| {
        std::fs::write(&file, text).unwrap();
        let (file, checkpoints) = (file.to_str().unwrap(), checkpoints.to_str().unwrap());
        server.run(&["audit", "verify", "--file", file, "--checkpoints", checkpoints, "--public-key", key.trim()])
    };
    assert!(verify(&export, &key).0);
    for (text, expected) in [
        (export.replace("\"UNAUTHENTICATED\"", "\"OK\"").replace("127.0.0.1", "127.0.0.2"), "position 2: record"),
        (export.lines().next().unwrap().to_owned(), "the chain ends at position 1, but reached 4"),
        (export.lines().skip(1).collect::<Vec<_>>().join("\n"), "position 1: the link is missing"),
    ] {
        let (is_intact, verdict) = verify(&text, &key);
        assert!(!is_intact && verdict.contains(expected), "{verdict}");
    }
    let strange = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let (is_intact, verdict) = verify(&export, strange);
    assert!(!is_intact && verdict.contains("is not signed by key k1"), "{verdict}");
}
