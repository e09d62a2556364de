//! P13: sign-ins a second beside what the password hash alone allows, and what others notice of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use streamflow_kernel::password::{Params, PasswordHasher};

use super::{Bench, Running};
use crate::{
    data::PASSWORD,
    figures,
    load::{Tally, call, closed, open, script::drawn_org},
    report::{Figure, Goal, Report},
};

/// People who sign in at once: more than there are cores, few enough that nobody is turned away.
const AT_ONCE: usize = 6;
/// Lists a second meanwhile.
const RATE: f64 = 50.0;

pub async fn measure(bench: &Bench<'_>, running: &Running, report: &mut Report) -> Result<()> {
    let (mut share, mut idle, mut busy, mut rates, mut hashes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let next = Arc::new(AtomicU32::new(0));
    for _ in 0..bench.options.repeats {
        let hash = hash_seconds().await?;
        idle.push(figures::percentile(&others(bench, running).await?, 0.99));
        let (tally, latencies) = tokio::try_join!(storm(bench, running, &next), others(bench, running))?;
        busy.push(figures::percentile(&latencies, 0.99));
        share.push(tally.per_second * hash / report.cores() as f64);
        rates.push(tally.per_second);
        hashes.push(hash * 1_000.0);
    }
    let figure = |what: &str, samples, goal| Figure { id: "P13", on: bench.on, what: what.to_owned(), samples, unit: "×", goal };
    report.add(figure("sign-ins/s ÷ (cores ÷ argon2 time)", share, Goal::AtLeast { floor: 0.9, goal: 0.97 }));
    let ratio = figures::ratios(&busy, &idle);
    report.add(figure("P99 of ListCustomers meanwhile ÷ idle", ratio, Goal::AtMost { floor: 3.0, goal: 1.5 }));
    report.tell("P13", bench.on, "  sign-ins/s", rates, "/s");
    report.tell("P13", bench.on, "  argon2 alone", hashes, "ms");
    report.tell("P13", bench.on, "  P99 of ListCustomers idle", idle, "ms");
    report.tell("P13", bench.on, "  P99 of ListCustomers meanwhile", busy, "ms");
    Ok(())
}

/// One hash on an idle machine, as sign-in checks it.
async fn hash_seconds() -> Result<f64> {
    let hasher = PasswordHasher::new(Params::FLOOR);
    let hash = hasher.hash(PASSWORD).await?;
    let mut samples = Vec::new();
    for _ in 0..15 {
        let began = Instant::now();
        ensure!(hasher.verify(PASSWORD, &hash).await?.ok, "the password is wrong");
        samples.push(began.elapsed().as_secs_f64());
    }
    Ok(figures::median(&samples))
}

async fn storm(bench: &Bench<'_>, running: &Running, next: &Arc<AtomicU32>) -> Result<Tally> {
    let (channels, orgs) = (running.channels.clone(), bench.size.orgs);
    let next = Arc::clone(next);
    let once = move |worker: usize, _| {
        let (channel, number) = (channels[worker % channels.len()].clone(), next.fetch_add(1, Ordering::Relaxed));
        async move { call::sign_in(number % orgs + 1).send(&channel).await.map(|_| ()) }
    };
    let length = bench.options.turn();
    closed(AT_ONCE, Duration::from_millis(300), length, &running.meter(bench), once).await
}

/// Latencies of lists at a fixed rate, in milliseconds.
pub async fn others(bench: &Bench<'_>, running: &Running) -> Result<Vec<f64>> {
    let size = bench.size;
    let once = |number: u64| {
        let (org, channel) = (drawn_org(size, number), running.channel(number));
        async move { call::check_list(&call::list().of_owner(org)?.send(&channel).await?, size, org, false) }
    };
    let latencies = open(RATE, bench.options.turn(), once).await?;
    Ok(figures::milliseconds(&latencies))
}
