//! Greets the other systems now and then, so that it is known to a minute since when one is away, also while nobody looks.

use std::sync::Arc;

use chrono::TimeDelta;
use futures::future::join_all;
use streamflow_kernel::{
    federation::peer,
    jobs::{Job, JobError, Work},
    kernel::Kernel,
};

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
        let greetings = names.iter().map(async |name| {
            let channel = kernel.federation.peer(name).ok()?;
            peer::handshake(channel).await.ok()
        });
        let answered = join_all(greetings).await.into_iter().flatten().count();
        Ok(format!("{answered} of {} systems answer", names.len()))
    }
}
