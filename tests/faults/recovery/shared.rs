//! Two processes on one data folder, as in a rolling restart, while their database is away: neither takes the other's audit for altered,
//! a code that was used on one is none on the other, and every record is in the database once afterwards, whoever brings it there.

use std::time::Duration;

use streamflow_tests::postgres::Cluster;
use tonic::Code;

use super::{Database as _, Drill, ENTERS_WITHIN, LEAVES_WITHIN, PASSWORD, SPACE, STEP, THIRD_STEP, local_audit::Place, refused};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_folder_keep_out_of_each_others_way() {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = tokio::task::spawn_blocking(|| Cluster::start(true)).await.unwrap();
    let url = format!("{}/postgres", cluster.url);
    let mut one = Drill::start(folder.path(), Some(url.clone())).await;
    let mut two = one.beside();
    cluster.lose();
    for drill in [&one, &two] {
        drill.wait_for_recovery(true, ENTERS_WITHIN).await;
    }
    let floor = chrono::Utc::now().timestamp() / 30;
    let code = one.fresh_code(floor).await;
    let token = one.enter(PASSWORD, code.clone()).await.unwrap();
    let wrong = (Code::Unauthenticated, "WRONG_CREDENTIALS".to_owned());
    assert_eq!(refused(two.enter(PASSWORD, code.clone()).await), wrong, "a code that was used on the other");
    tokio::time::sleep(STEP).await;

    // One is restarted while the other goes on writing.
    two.server.kill();
    assert!(one.view(&token).await.is_ok());
    two.server.begin();
    two.wait_for_recovery(true, Duration::from_secs(15)).await;
    let floor = chrono::Utc::now().timestamp() / 30;
    assert_eq!(refused(two.enter(PASSWORD, code.clone()).await), wrong, "nor is it good after a restart");
    tokio::time::sleep(STEP).await;
    assert_eq!(refused(one.enter("not the password", code).await), wrong);
    // The ladder's next step, which they climb together.
    tokio::time::sleep(THIRD_STEP).await;
    let code = two.fresh_code(floor).await;
    two.enter(PASSWORD, code).await.unwrap();

    cluster.bring_back();
    for drill in [&one, &two] {
        drill.wait_for_recovery(false, LEAVES_WITHIN).await;
    }
    let counts = Place::Postgres(url).has_all_once(folder.path(), |counts| counts.of("recovery.left", "OK") == 2).await;
    assert_eq!((counts.of("recovery.entered", "OK"), counts.of("recovery.left", "OK")), (3, 2), "{counts:?}");
    assert_eq!(counts.of("EnterRecovery", "OK"), 2, "{counts:?}");
    assert_eq!(counts.of("EnterRecovery", "UNAUTHENTICATED"), 3, "{counts:?}");
    for drill in [&mut one, &mut two] {
        tokio::task::block_in_place(|| drill.server.stop());
    }
    let (is_intact, verdict) = one.server.run(&["audit", "verify", "--system", SPACE]);
    assert!(is_intact, "{verdict}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_process_wrote_down_is_brought_home_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = tokio::task::spawn_blocking(|| Cluster::start(true)).await.unwrap();
    let url = format!("{}/postgres", cluster.url);
    let mut dead = Drill::start(folder.path(), Some(url.clone())).await;
    let other = dead.beside();
    cluster.lose();
    for drill in [&dead, &other] {
        drill.wait_for_recovery(true, ENTERS_WITHIN).await;
    }
    let floor = chrono::Utc::now().timestamp() / 30;
    let code = dead.fresh_code(floor).await;
    dead.enter(PASSWORD, code).await.unwrap();
    dead.server.kill();
    cluster.bring_back();
    other.wait_for_recovery(false, LEAVES_WITHIN).await;
    let counts = Place::Postgres(url).has_all_once(folder.path(), |counts| counts.of("recovery.left", "OK") == 1).await;
    assert_eq!((counts.of("recovery.entered", "OK"), counts.of("recovery.left", "OK")), (2, 1), "{counts:?}");
    assert_eq!(counts.of("EnterRecovery", "OK"), 1, "{counts:?}");
}
