//! The task of a process that writes down once a minute what the meter counted, and how the parts are.
//!
//! While the database is away the minutes wait in memory, four hours of them at most; the end of a process is written as well.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::{sync::oneshot, task::JoinHandle};
use uuid::Uuid;

use super::{
    figures::Figures,
    store::{self, HOUR, MINUTE, Sample},
};
use crate::{error::Result, kernel::Kernel};

/// Minutes that wait for the database.
const WAITING: usize = 240;

/// The task of a process. Dropped, it ends where it is.
#[derive(Debug)]
pub struct Sampling {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Sampling {
    pub(crate) fn start(kernel: Arc<Kernel>) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self { stop, task: tokio::spawn(Sampler::new(kernel).run(stopped)) }
    }

    /// Writes what the minute had so far.
    pub async fn finish(self) {
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "sampling the meter broke off");
        }
    }
}

/// What a process has measured and not yet seen saved.
pub struct Sampler {
    kernel: Arc<Kernel>,
    process: Uuid,
    /// When the time began that the meter counts.
    since: DateTime<Utc>,
    /// The hour under way: its beginning, and what its minutes add up to.
    hour: (i64, Figures),
    /// By length and beginning.
    unsaved: BTreeMap<(i64, i64), Figures>,
}

impl std::fmt::Debug for Sampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sampler").field("process", &self.process).finish_non_exhaustive()
    }
}

impl Sampler {
    pub fn new(kernel: Arc<Kernel>) -> Self {
        let (process, since) = (kernel.ids.uuid(), kernel.clock.now());
        Self { kernel, process, since, hour: (0, Figures::default()), unsaved: BTreeMap::new() }
    }

    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        loop {
            let left = MINUTE - self.kernel.clock.now().timestamp().rem_euclid(MINUTE);
            let wait = Duration::from_secs(left.unsigned_abs());
            let is_last = match tokio::time::timeout(wait, &mut stopped).await {
                Err(_) => false,
                Ok(Ok(())) => true,
                Ok(Err(_)) => return,
            };
            if let Err(error) = self.sample().await {
                tracing::warn!(?error, space = self.kernel.portal.space, "a sample waits for the database");
            }
            if is_last {
                return;
            }
        }
    }

    /// Takes what was counted since the last time, and saves it under the minute and the hour that it began in.
    pub async fn sample(&mut self) -> Result<()> {
        let (now, since) = (self.kernel.clock.now(), self.since);
        self.since = now;
        let mut figures = self.kernel.meter.take();
        // A clock that was set must not make a minute of an hour.
        figures.seconds = (now - since).num_seconds().clamp(0, MINUTE).unsigned_abs();
        figures.feed_lag_millis = u64::try_from(self.kernel.feed.read_ago().as_millis()).unwrap_or(u64::MAX);
        figures.memory_bytes = memory().await;
        let queue = store::queue(&self.kernel.database, now).await;
        if let Ok((due, oldest)) = &queue {
            (figures.jobs_due, figures.oldest_job_seconds) = (*due, *oldest);
        }
        self.keep(since.timestamp(), &figures);
        queue?;
        self.save().await
    }

    fn keep(&mut self, since: i64, figures: &Figures) {
        let begin = |seconds: i64| since - since.rem_euclid(seconds);
        let minute = self.unsaved.entry((MINUTE, begin(MINUTE))).or_default();
        minute.add_after(figures);
        if self.hour.0 != begin(HOUR) {
            self.hour = (begin(HOUR), Figures::default());
        }
        self.hour.1.add_after(figures);
        self.unsaved.insert((HOUR, self.hour.0), self.hour.1.clone());
        while self.unsaved.len() > WAITING {
            // Minutes come before hours.
            self.unsaved.pop_first();
        }
    }

    async fn save(&mut self) -> Result<()> {
        let sample = |((seconds, at), figures): (&(i64, i64), &Figures)| {
            Ok(Sample {
                seconds: *seconds,
                at: DateTime::from_timestamp(*at, 0).unwrap_or_default(),
                process: self.process,
                figures: serde_json::to_string(figures).map_err(crate::error::Error::internal)?,
            })
        };
        let samples = self.unsaved.iter().map(sample).collect::<Result<Vec<_>>>()?;
        store::insert_samples(&self.kernel.database, samples).await?;
        self.unsaved.clear();
        Ok(())
    }
}

/// Bytes of this process that are in memory, as Linux tells them; 0 elsewhere.
async fn memory() -> u64 {
    let status = tokio::fs::read_to_string("/proc/self/status").await.unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}
