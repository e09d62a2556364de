//! The functions that read past row-level security: they repeat org and visibility themselves.

use sea_orm::{ConnectionTrait, DatabaseTransaction};
use streamflow_migrations::System;
use uuid::Uuid;

use super::cluster::{Cluster, enter, id, refused, rows, texts};

/// Customers found, best first, as `number:rank`.
async fn found(tx: &DatabaseTransaction, q: &str, digits: &str) -> String {
    found_with_slips(tx, q, digits, "").await
}

/// As `found`; `slips` are regular expressions separated by spaces.
async fn found_with_slips(tx: &DatabaseTransaction, q: &str, digits: &str, slips: &str) -> String {
    let sql = format!(
        "SELECT ltrim(right(id::text, 3), '0') || ':' || round(rank::numeric, 2) FROM search_ids('{q}', '{q}', '{digits}', string_to_array('{slips}', ' '), NULL, 10)"
    );
    texts(tx, &sql).await
}

#[tokio::test]
async fn search_ranks_keys_digits_text_and_likeness() {
    let cluster = Cluster::prepared().await;
    let db = cluster.with_rows().await.login(System::Client).await;
    let tx = enter(&db, 1, 11, "org", "").await;
    for (q, digits, hits) in [
        ("c-3", "", "3:3.00"),
        ("3", "", "3:3.00"),
        ("493021", "493021", "2:2.00"),
        ("schmidt", "", "2:1.50 1:1.25 4:1.00"),
        ("schmidt anna", "", "1:0.90"),
        ("sch", "", "2:1.50 1:1.25 4:1.00"),
        ("an", "", "1:1.50"),
        ("da", "", "2:1.25"),
        ("100%", "", "3:1.25"),
        ("100_", "", ""),
        ("%", "", ""),
        ("", "", ""),
        ("zzzz", "", ""),
    ] {
        assert_eq!(found(&tx, q, digits).await, hits, "{q}");
    }
    let hits = found_with_slips(&tx, "bernd meier", "", r"bern\S{0,2}d me\S{0,2}er").await;
    assert!(hits.starts_with("3:0."), "{hits}");
    tx.rollback().await.unwrap();
}

#[tokio::test]
async fn search_keeps_to_the_org_the_kinds_and_what_is_visible() {
    let cluster = Cluster::prepared().await;
    let db = cluster.with_rows().await.login(System::Client).await;
    let team = id(29).to_string();
    for (user, visibility, teams, hits) in [
        (21, "org", "", "2:1.50 1:1.25 4:1.00"),
        (21, "finance", "", "2:1.50 1:1.25 4:1.00"),
        (22, "team", team.as_str(), "2:1.50 4:1.00"),
        (21, "own", "", "1:1.25"),
        (23, "assigned", "", ""),
        (21, "none", "", ""),
        (21, "", "", ""),
    ] {
        let tx = enter(&db, 2, user, visibility, teams).await;
        assert_eq!(found(&tx, "schmidt", "").await, hits, "{visibility}");
        assert_eq!(rows(&tx, "SELECT * FROM search_ids('schmidt', '', '', NULL, ARRAY['lead'], 10)").await.len(), 0);
        tx.rollback().await.unwrap();
    }
    assert_eq!(rows(&db, "SELECT * FROM search_ids('schmidt', '', '', NULL, NULL, 10)").await.len(), 0);
}

#[tokio::test]
async fn archived_entries_come_last() {
    let cluster = Cluster::prepared().await;
    let db = cluster.with_rows().await.login(System::Client).await;
    let tx = enter(&db, 1, 11, "org", "").await;
    tx.execute_unprepared("UPDATE search_entries SET archived = true WHERE text LIKE 'schmidt%'").await.unwrap();
    assert_eq!(found(&tx, "schmidt", "").await, "1:1.25 4:1.00 2:1.50");
    tx.rollback().await.unwrap();
}

#[tokio::test]
async fn a_session_comes_with_its_person_org_and_teams() {
    let cluster = Cluster::prepared().await;
    let db = cluster.with_rows().await.login(System::Client).await;
    let found = rows(&db, r"SELECT * FROM session_principals(ARRAY['\x03', '\x01']::bytea[])").await;
    let row = &found[0];
    assert_eq!(found.len(), 1);
    assert_eq!(row.try_get::<Vec<u8>>("", "token_hash").unwrap(), [1]);
    assert_eq!(row.try_get::<Uuid>("", "user_id").unwrap(), id(12));
    assert_eq!(row.try_get::<Option<String>>("", "role").unwrap().as_deref(), Some("MANAGER"));
    assert_eq!(row.try_get::<Option<Vec<Uuid>>>("", "team_ids").unwrap(), Some(vec![id(19)]));
    assert_eq!(row.try_get::<Option<String>>("", "tenant_id").unwrap().as_deref(), Some("org-1"));
    assert!(!row.try_get::<bool>("", "second_factor").unwrap());
    assert!(!row.try_get::<bool>("", "second_factor_required").unwrap());
    assert_eq!(rows(&db, r"SELECT * FROM session_principals(ARRAY['\x03']::bytea[])").await.len(), 0);
    assert_eq!(rows(&db, "SELECT * FROM session_principals('{}')").await.len(), 0);
}

#[tokio::test]
async fn the_functions_answer_nobody_but_the_login_role() {
    let cluster = Cluster::prepared().await;
    let tx = enter(&cluster.login(System::Client).await, 1, 11, "org", "").await;
    tx.execute_unprepared("SET LOCAL ROLE streamflow_client_system").await.unwrap();
    refused(&tx, "SELECT * FROM search_ids('a', '', '', NULL, NULL, 1)", "permission denied for function").await;
}
