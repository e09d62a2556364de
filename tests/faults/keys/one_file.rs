//! One key file for all systems: what keeps a key in it, and in which order keys are.

use sea_orm::{ConnectionTrait as _, Value};
use streamflow_tests::process::Server;

use super::{Books, EMAIL, OLD, PASSWORD, another_company, keys, run};

#[test]
fn a_key_goes_from_the_file_only_when_nothing_of_any_system_hangs_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let (data, server) = (folder.path(), Server::new(folder.path(), None));
    let retire = |words: &[&str]| server.run(&[&["keys", "retire", OLD, "--at-once"], words].concat());
    let stays = |(is_done, text): (bool, String), why: &str| {
        assert!(!is_done && text.contains(why), "{text}");
        assert!(keys(data).ids().contains(&OLD), "the key is gone: {text}");
    };
    server.migrate();
    server.create_tenant(EMAIL, PASSWORD);
    assert!(server.run(&["keys", "list"]).0 && server.run(&["ops", "mirror"]).0);
    let mirror = data.join("mirror/settings.sealed");
    let sealed = std::fs::read(&mirror).unwrap();
    let (is_done, text) = server.run(&["keys", "rotate", "--systems", "client"]);
    assert!(is_done, "{text}");
    // Nobody can say that only some systems are looked at.
    stays(retire(&["--systems", "client"]), "--systems");
    stays(retire(&["--own-keys", "provider,dev,accountant"]), "1 data keys of accountant hang on k1");
    let (is_done, text) = server.run(&["keys", "rotate", "--systems", "dev,accountant"]);
    assert!(is_done && text.contains("Ending the rotation"), "{text}");
    stays(retire(&[]), "1 data keys of provider hang on k1");
    assert!(server.run(&["keys", "rotate"]).0);

    std::fs::write(&mirror, &sealed).unwrap();
    stays(retire(&[]), "the mirror of the provider's settings hangs on k1");
    // A database in another place, and one that another server has.
    let (here, there) = (data.join("provider.db"), data.join("moved.db"));
    std::fs::rename(&here, &there).unwrap();
    stays(retire(&[]), "--own-keys provider");
    stays(retire(&["--own-keys", "dev"]), "--own-keys provider");
    stays(retire(&["--own-keys", "provider"]), "the mirror of the provider's settings hangs on k1");
    std::fs::rename(&there, &here).unwrap();
    std::fs::write(data.join("postgres-roles.json"), "{}").unwrap();
    stays(retire(&[]), "postgres-roles.json");
    std::fs::remove_file(data.join("postgres-roles.json")).unwrap();

    let (is_done, text) = server.run(&["keys", "rotate"]);
    assert!(is_done && text.contains("mirror"), "{text}");
    let (is_done, text) = retire(&[]);
    assert!(is_done && !keys(data).ids().contains(&OLD), "{text}");
    for words in [&["keys", "list"][..], &["ops", "mirror"], &["audit", "verify"]] {
        let (is_done, text) = server.run(words);
        assert!(is_done && !text.contains("missing"), "{text}");
    }
    another_company(&server);
}

/// Names of keys that were taken out are remembered by the database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_was_set_back_brings_no_old_key_back() {
    let folder = tempfile::tempdir().unwrap();
    let (data, server) = (folder.path(), Server::new(folder.path(), None));
    server.migrate();
    server.create_tenant(EMAIL, PASSWORD);
    let books = Books::open(data, None).await;
    let sql = "INSERT INTO {}master_keys (id, first_seen_at, retired_at) VALUES ('k20990101T000000Z-00000000', ?, ?)";
    let now: Value = chrono::Utc::now().into();
    books.db.execute_raw(books.statement(sql, vec![now.clone(), now])).await.unwrap();
    for second in 1..3 {
        let (is_done, text) = run(&server, &["keys", "rotate"]);
        assert!(is_done, "{text}");
        let found = keys(data);
        assert!(found.current_id().starts_with(&format!("k20990101T00000{second}Z-")), "{found:?}");
        assert_eq!((books.wrapped_by(found.current_id()).await, found.ids().len()), (2, second + 1));
    }
}
