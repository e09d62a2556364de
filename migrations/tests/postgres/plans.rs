//! Which index a query goes through when there are rows enough to choose.

use sea_orm::ConnectionTrait;
use streamflow_migrations::System;

use super::cluster::{Cluster, enter, id, texts};

#[tokio::test]
async fn what_others_changed_is_found_by_record() {
    let cluster = Cluster::prepared().await;
    let db = cluster.with_rows().await.login(System::Client).await;
    let fill = "INSERT INTO client.changes (org_id, at, entity, id, version, op)
      SELECT id, now(), 'customer', gen_random_uuid(), 1, 'updated' FROM client.orgs, generate_series(1, 3000)";
    cluster.admin.execute_unprepared(fill).await.unwrap();
    cluster.admin.execute_unprepared("ANALYZE client.changes").await.unwrap();
    let tx = enter(&db, 1, 11, "org", "").await;
    let (org, record) = (id(1), id(3));
    let plan = format!(
        "EXPLAIN SELECT fields, actor_name FROM changes WHERE org_id = '{org}' AND entity = 'customer' AND id = '{record}' \
         AND version > 1 AND op <> 'deleted' ORDER BY seq"
    );
    let plan = texts(&tx, &plan).await;
    assert!(plan.contains("changes_by_record"), "{plan}");
    tx.rollback().await.unwrap();
}
