//! P13: sign-ins a second beside what the password hash alone allows, and what others notice of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use futures::future::try_join_all;
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
        idle.push(figures::percentile(&others(bench, running).await?, 0.99));
        // Before and after, because the machine's speed moves.
        let before = hashes_a_second(bench.options.turn() / 4).await?;
        let (tally, latencies) = tokio::try_join!(storm(bench, running, &next), others(bench, running))?;
        let alone = f64::midpoint(before, hashes_a_second(bench.options.turn() / 4).await?);
        busy.push(figures::percentile(&latencies, 0.99));
        share.push(tally.per_second / alone);
        rates.push(tally.per_second);
        hashes.push(alone);
    }
    let figure = |what: &str, samples, goal| Figure { id: "P13", on: bench.on, what: what.to_owned(), samples, unit: "×", goal };
    report.add(figure("sign-ins/s ÷ argon2 alone, on all cores", share, Goal::AtLeast { floor: 0.9, goal: 0.97 }));
    let ratio = figures::ratios(&busy, &idle);
    report.add(figure("P99 of ListCustomers meanwhile ÷ idle", ratio, Goal::AtMost { floor: 3.0, goal: 1.5 }));
    report.tell("P13", bench.on, "  sign-ins/s", rates, "/s");
    report.tell("P13", bench.on, "  argon2 alone", hashes, "/s");
    report.tell("P13", bench.on, "  P99 of ListCustomers idle", idle, "ms");
    report.tell("P13", bench.on, "  P99 of ListCustomers meanwhile", busy, "ms");
    Ok(())
}

/// Hashes a second that the machine can do when it does nothing else, as sign-in checks them: on all cores at once, since they may share
/// what a hash needs.
async fn hashes_a_second(length: Duration) -> Result<f64> {
    let hasher = PasswordHasher::new(Params::FLOOR);
    let hash = hasher.hash(PASSWORD).await?;
    let began = Instant::now();
    let worker = async || {
        let mut done = 0_u32;
        while began.elapsed() < length {
            ensure!(hasher.verify(PASSWORD, &hash).await?.ok, "the password is wrong");
            done += 1;
        }
        Ok(done)
    };
    let done: u32 = try_join_all((0..AT_ONCE).map(|_| worker())).await?.into_iter().sum();
    Ok(f64::from(done) / began.elapsed().as_secs_f64())
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
