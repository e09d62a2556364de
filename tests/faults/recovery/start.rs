//! A database that is there at the start, and not what a start needs: the program comes up in Recovery Mode, and as usual once it can.

use std::time::Instant;

use streamflow_migrations::System;
use streamflow_tests::postgres::strangers::Strangers;
use tokio::task::block_in_place;

use super::*;

/// Longest until somebody who waits for a connection is told that there is none, for each that a start asks for one after the other.
const COMES_UP_WITHIN: Duration = Duration::from_secs(40);
const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// The portal as it was set up once, and stopped.
async fn set_up(folder: &Path) -> (Cluster, Drill) {
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(true)).await.unwrap();
    let mut drill = Drill::start(folder, Some(format!("{}/postgres", cluster.url))).await;
    drill.server.stop();
    (cluster, drill)
}

/// Waits until it serves as usual.
async fn has_started(drill: &Drill) {
    let since = Instant::now();
    while !drill.server.is_ready() || drill.is_in_recovery().await {
        assert!(since.elapsed() < STARTS_WITHIN, "it never came up");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("up after {:?}", since.elapsed());
}

/// Each number of connections lets a start come a step further.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hardly_a_connection_keeps_nobody_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let (cluster, mut drill) = set_up(folder.path()).await;
    // As another system that keeps its rows in the same cluster.
    let mut strangers = Strangers::new(&cluster, &System::Client.login_role());
    for few in 0..4 {
        block_in_place(|| cluster.leave_few_to(&System::Provider.login_role(), few, &mut strangers));
        drill.server.begin();
        drill.wait_for_recovery(true, COMES_UP_WITHIN).await;
        strangers.leave();
        has_started(&drill).await;
        drill.server.stop();
    }
}

/// As one that was promoted too late, or not yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_takes_no_writes_keeps_nobody_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let (cluster, mut drill) = set_up(folder.path()).await;
    block_in_place(|| cluster.set_read_only(true));
    drill.server.begin();
    drill.wait_for_recovery(true, COMES_UP_WITHIN).await;
    block_in_place(|| cluster.set_read_only(false));
    has_started(&drill).await;
    let usual = drill.sign_in().await.unwrap();
    drill.overview(&usual).await.unwrap();
    drill.server.stop();
}
