//! The load generator: closed loops for throughput, an open loop at a fixed rate for latency. Any wrong answer ends the run.

pub mod call;
pub mod pgbench;
pub mod script;
pub mod wire;

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use tokio::{sync::mpsc, task::JoinSet, time::sleep};

use crate::machine::Meter;

/// Requests of a stretch of time and what each cost.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub per_second: f64,
    /// CPU microseconds per request of each metered process.
    pub cpu: Vec<f64>,
    /// The same of the generator.
    pub generator_cpu: f64,
}

/// Runs `once` in `workers` endless loops and counts what ends between `warm_up` and `warm_up + length`. `once` gets the worker's
/// number and how often it has run.
pub async fn closed<F, Fut>(workers: usize, warm_up: Duration, length: Duration, meter: &Meter, once: F) -> Result<Tally>
where
    F: Fn(usize, u64) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<()>> + Send,
{
    let (done, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut tasks = JoinSet::new();
    for worker in 0..workers {
        let (done, stop, once) = (Arc::clone(&done), Arc::clone(&stop), once.clone());
        tasks.spawn(async move {
            let mut turn = 0;
            while !stop.load(Ordering::Relaxed) {
                once(worker, turn).await?;
                turn += 1;
                done.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    sleep(warm_up).await;
    let (began, before, count) = (Instant::now(), meter.read(), done.load(Ordering::Relaxed));
    sleep(length).await;
    let requests = done.load(Ordering::Relaxed) - count;
    let per_second = requests as f64 / began.elapsed().as_secs_f64();
    let (cpu, generator_cpu) = meter.read().per_request(&before, requests);
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(Tally { per_second, cpu, generator_cpu })
}

/// Starts `once` at a fixed rate whatever the answers do; latencies, in the order of the starts, count from the intended ones.
pub async fn open<F, Fut>(per_second: f64, length: Duration, once: F) -> Result<Vec<Duration>>
where
    F: Fn(u64) -> Fut,
    Fut: Future<Output = Result<()>> + Send + 'static,
{
    let count = (per_second * length.as_secs_f64()) as u64;
    let mut starts = ticks(per_second, count);
    let mut tasks = JoinSet::new();
    while let Some((number, intended)) = starts.recv().await {
        let work = once(number);
        tasks.spawn(async move {
            work.await?;
            anyhow::Ok((number, intended.elapsed()))
        });
    }
    let mut latencies = Vec::with_capacity(usize::try_from(count)?);
    while let Some(ended) = tasks.join_next().await {
        latencies.push(ended??);
    }
    latencies.sort_unstable();
    Ok(latencies.into_iter().map(|(_, latency)| latency).collect())
}

/// Intended starts, told by a thread of its own: timers of the runtime are a millisecond coarse.
fn ticks(per_second: f64, count: u64) -> mpsc::UnboundedReceiver<(u64, Instant)> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let began = Instant::now();
        for number in 0..count {
            let intended = began + Duration::from_secs_f64(number as f64 / per_second);
            std::thread::sleep(intended.saturating_duration_since(Instant::now()));
            if sender.send((number, intended)).is_err() {
                return;
            }
        }
    });
    receiver
}

/// A number that looks random and is the same in each run.
pub const fn scatter(seed: u64) -> u64 {
    let mut x = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
