//! Greets the other systems now and then, so that it is known to two minutes since when one is away, also while nobody looks.

use std::sync::Arc;

use chrono::TimeDelta;
use futures::future::join_all;

use super::peer;
use crate::{
    jobs::{Job, JobError, Work},
    kernel::Kernel,
};

/// Who answered this lately is not asked. Less than a minute, so that one greeting does not stand in for the next.
const FRESH: TimeDelta = TimeDelta::seconds(50);

#[derive(Debug)]
pub struct Watch;

#[tonic::async_trait]
impl Work for Watch {
    fn kind(&self) -> &'static str {
        "watch_systems"
    }

    fn every(&self) -> Option<TimeDelta> {
        Some(TimeDelta::minutes(1))
    }

    /// What comes of it is noted by the calls themselves.
    async fn run(&self, kernel: &Arc<Kernel>, _: &Job) -> Result<String, JobError> {
        let names: Vec<&'static str> = kernel.federation.peers().collect();
        let (heard, now) = (kernel.federation.ledger().heard().await?, kernel.clock.now());
        let is_fresh = |name: &str| {
            let last = heard.iter().find(|heard| heard.name == name).and_then(|heard| heard.last_answer_at);
            last.is_some_and(|at| (now - at).abs() < FRESH)
        };
        let greetings = names.iter().map(async |name| {
            // Pages that look at it greet it often enough: each call is kept in its audit.
            if is_fresh(name) {
                return Some(());
            }
            let channel = kernel.federation.peer(name).ok()?;
            peer::handshake(channel).await.ok().map(drop)
        });
        let answered = join_all(greetings).await.into_iter().flatten().count();
        Ok(format!("{answered} of {} systems answer", names.len()))
    }
}
