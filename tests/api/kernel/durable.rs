//! What was answered is on disk, whatever PostgreSQL is set to; and who meets others is told to come again, not that something is broken.

use sea_orm::FromQueryResult;
use streamflow_kernel::{db::Scope, ids};
use streamflow_tests::{answer::reason, world::World};
use tonic::{Code, Status};
use uuid::Uuid;

#[derive(FromQueryResult)]
struct Setting {
    level: String,
}

/// The clusters of these tests answer before anything is on disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_waits_for_the_disk_though_the_server_would_not() {
    let world = World::postgres().await;
    let database = &world.kernel.database;
    let within = "SELECT current_setting('synchronous_commit') AS level, CAST({org} AS uuid)";
    let outside = "SELECT current_setting('synchronous_commit') AS level";
    let tx = database.tenant_write(Scope::whole(Uuid::now_v7())).await.unwrap();
    let of_a_company: Vec<Setting> = tx.query(within, vec![]).await.unwrap();
    let of_the_system: Vec<Setting> = database.system().await.unwrap().query(outside, vec![]).await.unwrap();
    assert_eq!([&*of_a_company[0].level, &*of_the_system[0].level], ["on", "on"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_changes_that_wait_for_each_other_one_is_told_to_come_again() {
    let world = World::postgres().await;
    let (one, other) = (world.company("Harrow & Pike").await, world.company("Elsewhere").await);
    let [one, other] = [one, other].map(|owner| ids::parse(ids::prefix::ORG, &owner.org_id).unwrap());
    let touch = |org: Uuid| ("UPDATE orgs SET updated_at = ? WHERE id = ?", vec![world.now().into(), org.into()]);
    let (first, second) = (world.kernel.database.system().await.unwrap(), world.kernel.database.system().await.unwrap());
    let ((sql, a), (_, b), (_, a_later), (_, b_later)) = (touch(one), touch(other), touch(one), touch(other));
    first.execute(sql, a).await.unwrap();
    second.execute(sql, b).await.unwrap();
    let ended = tokio::join!(first.execute(sql, b_later), second.execute(sql, a_later));
    let refused = match ended {
        (Err(refused), Ok(1)) | (Ok(1), Err(refused)) => Status::from(refused),
        ended => panic!("{ended:?}"),
    };
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Unavailable, "BUSY"), "{refused:?}");
}
