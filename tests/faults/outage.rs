//! The provider system is down while companies are registered: every one is accepted and made all the same, and all of them are in
//! the provider system within seconds of its return.
//!
//! `OUTAGE_SECONDS` says how long it is down (40 when unset, which continuous integration can bear; 600 are the ten minutes that the
//! promise is about).

use std::time::{Duration, Instant};

use streamflow_tests::{
    fleet::{Fleet, register, until},
    postgres::Cluster,
};
use tokio::task::JoinSet;

const COMPANIES: u32 = 200;
/// From the return of the provider system until it knows all.
const PROMISED: Duration = Duration::from_secs(5);

async fn outage(cluster: Option<Cluster>) {
    let seconds: u64 = std::env::var("OUTAGE_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(40);
    let folder = tempfile::tempdir().unwrap();
    let mut fleet = Fleet::new(folder.path(), cluster.as_ref(), None).await;
    fleet.clients.start();
    fleet.others.start();
    let (books, secret, channel) = (fleet.books().await, fleet.registration_key(), fleet.clients.channel());
    assert_eq!(register(&channel, &secret, 0).await.unwrap().tenant_id, "company-0");
    until("companies before the outage", 1, Duration::from_secs(20), async || books.others("tenants").await).await;
    let told = async || books.registrations("'told'").await;
    until("companies told of before it", 1, Duration::from_secs(20), &told).await;

    fleet.others.kill();
    let (begun, length) = (Instant::now(), Duration::from_secs(seconds));
    let mut calls = JoinSet::new();
    for number in 1..=COMPANIES {
        let (channel, secret) = (channel.clone(), secret.clone());
        calls.spawn(async move { register(&channel, &secret, number).await });
        tokio::time::sleep((length * number / COMPANIES).saturating_sub(begun.elapsed())).await;
    }
    let refused: Vec<_> = calls.join_all().await.into_iter().filter_map(Result::err).collect();
    assert!(refused.is_empty(), "{} were not accepted: {:?}", refused.len(), refused[0]);
    let made = async || books.registrations("'welcomed', 'told'").await;
    until("companies made", COMPANIES + 1, Duration::from_secs(60), made).await;
    assert_eq!(books.registrations("'told'").await, 1, "the provider system was down");

    fleet.others.start();
    let visible = until("companies seen", COMPANIES + 1, PROMISED, async || books.others("tenants").await).await;
    until("companies told of", COMPANIES + 1, Duration::from_secs(20), &told).await;
    assert_eq!(books.others("tenant_events WHERE kind = 'registered'").await, COMPANIES + 1, "each is told of once");
    fleet.others.stop();
    fleet.clients.stop();
    println!("{COMPANIES} registrations over {seconds} s without the provider system; all seen {visible:?} after its return");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_registrations_outlive_the_provider_system() {
    outage(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_registrations_outlive_the_provider_system() {
    outage(Some(tokio::task::spawn_blocking(|| Cluster::start(true)).await.unwrap())).await;
}
