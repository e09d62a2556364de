//! Limits tell what is left of them, and the ladder of a locked account.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, TimeDelta};
use streamflow_kernel::{
    db::Backend,
    error::Error,
    rate_limit::{self, Limits, Pace, RateLimiter},
};
use streamflow_proto::client::v1::{self as pb, session_service_client::SessionServiceClient};
use streamflow_tests::{
    on_both, sql,
    world::{Setup, World},
};
use tonic::{Code, metadata::MetadataMap};

fn number(metadata: &MetadataMap, name: &str) -> u64 {
    metadata.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_answer_tells_what_is_left_of_its_limit() {
    let setup = Setup { limits: HashMap::from([("read".to_owned(), 3)]), ..Setup::default() };
    let world = World::with(Backend::Sqlite, setup).await;
    let owner = world.company("Harrow & Pike").await;
    let mut sessions = SessionServiceClient::new(world.channel.clone());
    // Signing in has asked who it is already; a new minute has the whole limit.
    world.pass(TimeDelta::seconds(60));
    for left in [2, 1, 0] {
        let answer = sessions.me(owner.ask(pb::MeRequest {})).await.unwrap();
        assert_eq!(number(answer.metadata(), "ratelimit-limit"), 3);
        assert_eq!(number(answer.metadata(), "ratelimit-remaining"), left);
        assert!((1..=60).contains(&number(answer.metadata(), "ratelimit-reset")));
    }
    let refused = sessions.me(owner.ask(pb::MeRequest {})).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(number(refused.metadata(), "ratelimit-remaining"), 0);
    assert_eq!(number(refused.metadata(), "retry-after"), number(refused.metadata(), "ratelimit-reset"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_used_up_is_refused_without_asking_the_database() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let setup = Setup { limits: HashMap::from([("read".to_owned(), 3)]), ..Setup::default() };
        let world = World::with(backend, setup).await;
        let limiter = &world.kernel.limiter;
        let used = async || {
            let sql = "SELECT used FROM rate_limits WHERE key = ?";
            let row = sql::row(&world.kernel.database, sql, vec!["read:anna".into()]).await;
            row.try_get::<i64>("", "used").unwrap()
        };
        let mut now = world.now();
        for _ in 0..2 {
            for _ in 0..3 {
                assert!(limiter.take("read", "anna", now).await.unwrap().granted);
            }
            assert!(!limiter.take("read", "anna", now).await.unwrap().granted);
            let before = used().await;
            for _ in 0..50 {
                assert!(!limiter.take("read", "anna", now).await.unwrap().granted);
            }
            assert_eq!(used().await, before, "refusals went to the database");
            now += TimeDelta::seconds(60);
        }
    }
}

on_both! {
    async fn processes_whose_clocks_differ_share_a_limit(world) {
        let process = || RateLimiter::new(world.kernel.database.clone(), Limits::new(Pace::per_minute(100), &HashMap::new()));
        let (early, late) = (process(), process());
        let mut now = world.now();
        for round in 0..2 {
            let mut granted = 0;
            for _ in 0..40 {
                for (limiter, at) in [(&early, now), (&late, now + TimeDelta::seconds(60))] {
                    granted += u32::from(limiter.take("sign_in", "198.51.100.7", at).await.unwrap().granted);
                }
            }
            // The first of all came before anybody was later.
            assert!(granted <= 10 + 1, "{granted} in round {round}");
            now += TimeDelta::minutes(3);
        }
        // A clock that was set back by more begins anew, and keeps nobody out for as long.
        assert!(early.take("sign_in", "198.51.100.7", now - TimeDelta::hours(1)).await.unwrap().granted);
    }

    async fn a_burst_is_counted_over_five_seconds(world) {
        let pace = Pace { per_minute: 150, burst: Some(20) };
        let limiter = RateLimiter::new(world.kernel.database.clone(), Limits::new(pace, &HashMap::new()));
        let mut now = DateTime::from_timestamp(world.now().timestamp() / 60 * 60 + 60, 0).unwrap();
        for _ in 0..7 {
            for _ in 0..20 {
                assert!(limiter.take("read", "anna", now).await.unwrap().granted);
            }
            let refused = limiter.take("read", "anna", now + TimeDelta::seconds(1)).await.unwrap();
            assert!(!refused.granted && limiter.take("read", "ben", now).await.unwrap().granted);
            assert_eq!((refused.remaining.limit, refused.remaining.reset), (20, 4));
            now += TimeDelta::seconds(5);
        }
        // Refusals of a burst were taken of the minute, which ends here.
        let granted = async |n: u32| limiter.take("read", "anna", now + TimeDelta::seconds(i64::from(n) / 20)).await.unwrap().granted;
        assert!(granted(0).await && granted(1).await && granted(2).await && !granted(3).await);
    }
}

/// Two processes and many callers at once get exactly what there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_is_exact_in_a_race_of_two_processes() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let world = World::with(backend, Setup::default()).await;
        let limits = Limits::new(Pace::per_minute(600), &HashMap::from([("bulk".to_owned(), 50)]));
        let processes = [0, 1].map(|_| RateLimiter::new(world.kernel.database.clone(), limits.clone()));
        let now = world.now();
        let calls = (0..120).map(|n| {
            let limiter = processes[n % 2].clone();
            tokio::spawn(async move { limiter.take("bulk", "anna", now).await.unwrap().granted })
        });
        let granted = futures::future::join_all(calls).await.into_iter().filter(|granted| *granted.as_ref().unwrap()).count();
        assert_eq!(granted, 50, "{backend:?}");
    }
}

on_both! {
    async fn each_failure_in_a_row_waits_at_least_as_long_as_the_one_before(world) {
        let database = &world.kernel.database;
        let mut now = world.now();
        for failure in 1..=101 {
            rate_limit::count_attempt(database, "anna", now).await.unwrap();
            let expected = match failure {
                ..=2 => 1,
                3..=8 => 3,
                9..=24 => 5,
                25..=99 => 10,
                _ => 3600,
            };
            let Err(Error::Throttled { retry_after, .. }) = rate_limit::count_attempt(database, "anna", now).await else {
                panic!("failure {failure} locks nothing");
            };
            assert_eq!(retry_after, Duration::from_secs(expected), "after failure {failure}");
            now += TimeDelta::from_std(retry_after).unwrap();
        }
        rate_limit::forget_attempts(database, "anna").await.unwrap();
        rate_limit::count_attempt(database, "anna", now).await.unwrap();
        rate_limit::count_attempt(database, "anna", now + TimeDelta::seconds(1)).await.unwrap();
    }
}
