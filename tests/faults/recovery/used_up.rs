//! Connections that are used up. Where strangers took all that PostgreSQL has and the portal's own were lost, it is refused like anybody
//! and the database is out of reach. As long as those it has are good, and where it is busy with its own people, nobody gets the way of the
//! emergency account opened.

use std::time::Instant;

use streamflow_migrations::System;
use streamflow_tests::postgres::{strangers::Strangers, superuser};
use tokio::task::{JoinSet, block_in_place};

use super::{
    crowd::{LOOKED_FOR, is_as_before, is_entered, knock, watch},
    *,
};

/// Strangers have every connection, and the portal has none left.
struct UsedUp {
    cluster: Cluster,
    strangers: Strangers,
}

impl UsedUp {
    fn start() -> Self {
        let cluster = Cluster::start(true);
        // As another system that keeps its rows in the same cluster.
        let strangers = Strangers::new(&cluster, &System::Client.login_role());
        Self { cluster, strangers }
    }
}

impl Database for UsedUp {
    fn lose(&mut self) {
        block_in_place(|| self.cluster.leave_nothing_to(&System::Provider.login_role(), &mut self.strangers));
    }

    fn bring_back(&mut self) {
        self.strangers.leave();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_without_a_free_connection_is_survived() {
    let folder = tempfile::tempdir().unwrap();
    let database = tokio::task::spawn_blocking(UsedUp::start).await.unwrap();
    let url = format!("{}/postgres", database.cluster.url);
    drill(folder.path(), Some(url), database, "all its connections are taken").await;
}

/// How it looked to people: so many were served, and so many told that the database can't be reached. Nobody was told anything else.
#[derive(Debug, Default)]
struct Told {
    served: u32,
    away: u32,
}

impl Told {
    fn note(&mut self, answer: Result<(), Status>) {
        match answer.map_err(|status| reason(&status)) {
            Ok(()) => self.served += 1,
            Err((Code::Unavailable, reason)) if reason == "UNAVAILABLE" => self.away += 1,
            Err(other) => panic!("somebody was told {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_the_free_connections_opens_no_other_way_in() {
    let folder = tempfile::tempdir().unwrap();
    let mut database = tokio::task::spawn_blocking(UsedUp::start).await.unwrap();
    let mut drill = Drill::start(folder.path(), Some(format!("{}/postgres", database.cluster.url))).await;
    let usual = drill.sign_in().await.unwrap();
    drill.overview(&usual).await.unwrap();
    let taken = block_in_place(|| database.strangers.take_the_rest());
    let (since, mut told) = (Instant::now(), Told::default());
    while since.elapsed() < LOOKED_FOR {
        told.note(drill.overview(&usual).await);
        assert!(!is_entered(&drill), "Recovery Mode after {:?}", since.elapsed());
    }
    println!("{taken} strangers; {told:?}");
    assert!(taken > 100 && told.served > 0, "{told:?}");
    let closed = (Code::FailedPrecondition, "NOT_IN_RECOVERY".to_owned());
    let code = drill.code();
    assert_eq!(refused(drill.enter(PASSWORD, code).await), closed);
    database.strangers.leave();
    is_as_before(&drill, &usual).await;
    drill.server.stop();
}

/// Whoever asks for what hangs has a connection of the portal each, until it has none for anybody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_holds_every_connection_of_the_portal_opens_no_other_way_in() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(true)).await.unwrap();
    let url = format!("{}/postgres", cluster.url);
    let mut drill = Drill::start(folder.path(), Some(url.clone())).await;
    let usual = drill.sign_in().await.unwrap();
    let lock = superuser(&url).await;
    lock.execute_unprepared("BEGIN; LOCK TABLE provider.tenants, provider.lockouts IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let since = Instant::now();
    let mut crowd = JoinSet::new();
    for n in 0..40 {
        let (channel, usual) = (drill.channel.clone(), usual.clone());
        crowd.spawn(async move {
            let ask = request(SPACE, pb::GetOverviewRequest { days: 30 }, Some(&usual));
            let mut overviews = OverviewServiceClient::new(channel.clone());
            let (looked, knocked) = tokio::join!(overviews.get_overview(ask), knock(channel, format!("stranger-{n}")));
            [looked.map(drop), knocked]
        });
    }
    watch(&drill, since).await;
    lock.execute_unprepared("COMMIT").await.unwrap();
    let answers = crowd.join_all().await;
    let away = answers
        .iter()
        .flatten()
        .filter(|answer| answer.as_ref().is_err_and(|status| reason(status) == (Code::Unavailable, "UNAVAILABLE".to_owned())));
    let away = away.count();
    println!("{away} of {} were told that the database can't be reached", 2 * answers.len());
    assert!(away > 0, "there was a connection for everybody: {answers:?}");
    is_as_before(&drill, &usual).await;
    drill.server.stop();
}
