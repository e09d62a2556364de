//! kill -9 in the middle of a job: the next process begins it again when the lease has ended, and brings it to its end.

use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use streamflow_kernel::db::connect::sqlite_writer;
use streamflow_tests::process::Server;

/// Enough to delete for several seconds: there is a pause after each 500.
const ROWS: u32 = 80_000;

/// The job as it stands: state, attempts, and how much it still has to do.
async fn look(database: &DatabaseConnection) -> Option<(String, i32, i64)> {
    let sql =
        "SELECT state, attempts, (SELECT COUNT(*) FROM lockouts) AS rows FROM jobs WHERE kind = 'prune' ORDER BY id LIMIT 1";
    let row = database.query_one_raw(Statement::from_string(database.get_database_backend(), sql)).await.unwrap()?;
    let word = |name: &str| row.try_get("", name).unwrap();
    Some((word("state"), row.try_get("", "attempts").unwrap(), row.try_get("", "rows").unwrap()))
}

async fn reaches(
    database: &DatabaseConnection,
    limit: Duration,
    done: impl Fn(&(String, i32, i64)) -> bool,
) -> (String, i32, i64) {
    let until = Instant::now() + limit;
    loop {
        let now = look(database).await;
        if let Some(now) = now.as_ref().filter(|now| done(now)) {
            return now.clone();
        }
        assert!(Instant::now() < until, "still {now:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_is_followed_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::new(folder.path(), None);
    server.migrate();
    let database = sqlite_writer(&folder.path().join("client.db")).await.unwrap();
    let fill = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) \
         INSERT INTO lockouts (key, failures, locked_until, last_failure) SELECT 'somebody ' || i, 1, 0, 0 FROM n"
    );
    database.execute_unprepared(&fill).await.unwrap();
    server.start();
    let (_, attempts, left) =
        reaches(&database, Duration::from_secs(20), |now| now.0 == "running" && now.2 < i64::from(ROWS)).await;
    server.kill();
    assert!(attempts == 1 && left > 0, "killed too late: {left} rows left");
    let killed = look(&database).await.unwrap();
    assert_eq!((killed.0.as_str(), killed.1), ("running", 1));
    server.start();
    let again = reaches(&database, Duration::from_secs(90), |now| now.0 == "done").await;
    assert_eq!((again.1, again.2), (2, 0));
    println!("killed with {} rows left, done at the second attempt", killed.2);
}
