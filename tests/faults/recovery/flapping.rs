//! A database that is away and back every five seconds: nothing piles up in the server, and the local audit comes through whole.
//!
//! `FLAPPING_SECONDS` says for how long (30 when unset, which continuous integration can bear).

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use sea_orm::{FromQueryResult, Statement};
use streamflow_tests::{
    drill::{Database, File},
    postgres::Cluster,
    process::Server,
};

use super::{
    Drill, ENTERS_WITHIN, LEAVES_WITHIN, PASSWORD,
    local_audit::{Counts, Place},
};

const BEAT: Duration = Duration::from_secs(5);
/// What pools, timers and the allocator may differ by from one moment to the next.
const CONNECTIONS: usize = 2;
const DESCRIPTORS: usize = 8;
const MEMORY: u64 = 24 << 20;

/// What a server holds that could pile up.
#[derive(Clone, Copy, Debug)]
struct Holdings {
    /// To the database.
    connections: usize,
    descriptors: usize,
    /// Bytes.
    memory: u64,
}

impl Holdings {
    async fn of(server: &Server, place: &Place) -> Self {
        let descriptors = PathBuf::from(format!("/proc/{}/fd", server.pid()));
        Self {
            connections: connections(place).await,
            descriptors: std::fs::read_dir(descriptors).unwrap().count(),
            memory: server.memory(),
        }
    }

    /// Once what was needed for a moment was given back, as the memory that a password takes.
    async fn settled(server: &Server, place: &Place) -> Self {
        let mut least = Self::of(server, place).await;
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(250)).await;
            let now = Self::of(server, place).await;
            least = Self { memory: least.memory.min(now.memory), ..now };
        }
        least
    }

    const fn is_within(&self, before: &Self) -> bool {
        self.connections <= before.connections + CONNECTIONS
            && self.descriptors <= before.descriptors + DESCRIPTORS
            && self.memory <= before.memory + MEMORY
    }
}

#[derive(FromQueryResult)]
struct Count {
    n: i64,
}

/// Of the server's roles, as PostgreSQL counts them. A file's are descriptors.
async fn connections(place: &Place) -> usize {
    let Place::Postgres(_) = place else { return 0 };
    let db = place.connect().await;
    let sql = "SELECT count(*) AS n FROM pg_stat_activity WHERE usename LIKE 'streamflow%'";
    let row = Count::find_by_statement(Statement::from_string(db.get_database_backend(), sql)).one(&db).await.unwrap().unwrap();
    db.close().await.unwrap();
    usize::try_from(row.n).unwrap()
}

/// Somebody looks at the portal as usual, whatever comes of it.
async fn ask_around(drill: &Drill, usual: &str) {
    let asked = futures::future::join_all((0..4).map(|_| drill.overview(usual)));
    let _ = tokio::time::timeout(BEAT / 2, asked).await;
}

/// Waits until it is away, which somebody uses for a guess.
async fn notice(drill: &Drill) {
    drill.wait_for_recovery(true, ENTERS_WITHIN).await;
    let _ = drill.enter(PASSWORD, "000000".to_owned()).await;
}

/// One time away, waited for; afterwards everything that is opened once is open.
async fn warm_up(drill: &mut Drill, database: &mut impl Database) -> String {
    tokio::task::block_in_place(|| database.lose());
    notice(drill).await;
    tokio::task::block_in_place(|| database.bring_back());
    drill.wait_for_recovery(false, LEAVES_WITHIN).await;
    let usual = drill.sign_in().await.unwrap();
    ask_around(drill, &usual).await;
    usual
}

async fn flap(data: &Path, postgres: Option<String>, mut database: impl Database) {
    let seconds: u64 = std::env::var("FLAPPING_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(30);
    let place = postgres.clone().map_or_else(|| Place::File(data.join("provider.db")), Place::Postgres);
    let mut drill = Drill::start(data, postgres).await;
    let usual = warm_up(&mut drill, &mut database).await;
    let before = Holdings::settled(&drill.server, &place).await;

    let (begun, mut beats) = (Instant::now(), tokio::time::interval(BEAT));
    let mut rounds = 0;
    while begun.elapsed() < Duration::from_secs(seconds) {
        beats.tick().await;
        tokio::task::block_in_place(|| database.lose());
        ask_around(&drill, &usual).await;
        notice(&drill).await;
        beats.tick().await;
        tokio::task::block_in_place(|| database.bring_back());
        ask_around(&drill, &usual).await;
        rounds += 1;
    }
    drill.wait_for_recovery(false, LEAVES_WITHIN).await;
    ask_around(&drill, &usual).await;

    // What ends by itself has a while for it.
    let (since, mut after) = (Instant::now(), Holdings::of(&drill.server, &place).await);
    while !after.is_within(&before) {
        assert!(since.elapsed() < Duration::from_secs(20), "{before:?} became {after:?} in {rounds} rounds");
        tokio::time::sleep(Duration::from_millis(500)).await;
        after = Holdings::of(&drill.server, &place).await;
    }
    let entered = |counts: &Counts| counts.of("recovery.entered", "OK");
    let counts = place.has_all_once(data, |counts| entered(counts) == counts.of("recovery.left", "OK")).await;
    println!("{rounds} rounds: {before:?} became {after:?}; {counts:?}");
    assert!(entered(&counts) > 1 && entered(&counts) == counts.of("recovery.left", "OK"), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_comes_and_goes_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(true)).await.unwrap();
    let url = format!("{}/postgres", cluster.url);
    flap(folder.path(), Some(url), cluster).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_comes_and_goes_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = File(folder.path().join("provider.db"));
    flap(folder.path(), None, file).await;
}
