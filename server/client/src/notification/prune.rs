//! Notifications go after 90 days, read or not.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::sync::Arc;

use chrono::TimeDelta;
use streamflow_kernel::{
    jobs::{Job, JobError, Work},
    kernel::Kernel,
};

const KEPT: TimeDelta = TimeDelta::days(90);
/// Rows of one statement; on SQLite everybody else who writes waits for it.
const BATCH: u64 = 500;

#[derive(Debug)]
pub struct Prune;

#[tonic::async_trait]
impl Work for Prune {
    fn kind(&self) -> &'static str {
        "prune_notifications"
    }

    fn every(&self) -> Option<TimeDelta> {
        Some(TimeDelta::days(1))
    }

    async fn run(&self, kernel: &Arc<Kernel>, _: &Job) -> Result<String, JobError> {
        let before = kernel.clock.now() - KEPT;
        let sql = format!(
            "DELETE FROM notifications WHERE (org_id, id) IN \
             (SELECT org_id, id FROM notifications WHERE created_at < ? LIMIT {BATCH})"
        );
        let mut deleted = 0;
        loop {
            let batch = kernel.database.system_execute(&sql, vec![before.into()]).await?;
            deleted += batch;
            if batch < BATCH {
                return Ok(format!("{deleted} rows deleted"));
            }
        }
    }
}
