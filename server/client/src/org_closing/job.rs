//! The jobs that delete a company when its time is over. They are queued for the system itself: the company's own go with it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use streamflow_kernel::{
    db::SystemDb,
    error::Result,
    jobs::{Job, JobError, Jobs, NewJob, Retry, Work},
    kernel::Kernel,
};
use uuid::Uuid;

use super::{domain::SETTLE, erase};

const CLOSE: &str = "org_close";
const ERASE: &str = "org_erase";

/// Queues it with the caller's transaction.
pub async fn put(db: &SystemDb, jobs: &Jobs, org: Uuid, due: DateTime<Utc>) -> Result<()> {
    jobs.put(db, None, NewJob::new(CLOSE).payload(json!(org)).at(due)).await?;
    Ok(())
}

/// What was promised is done, however long that takes.
const RETRY: Retry = Retry::FOREVER.pauses(TimeDelta::seconds(5), TimeDelta::minutes(10));

/// Throws everybody out.
#[derive(Debug)]
pub struct Close;

#[tonic::async_trait]
impl Work for Close {
    fn kind(&self) -> &'static str {
        CLOSE
    }

    fn retry(&self) -> Retry {
        RETRY
    }

    async fn run(&self, kernel: &Arc<Kernel>, job: &Job) -> Result<String, JobError> {
        let (org, now): (Uuid, _) = (job.payload()?, kernel.clock.now());
        let db = kernel.database.system().await?;
        if !erase::close(&db, org, now).await? {
            return Ok("it stays, or is closed already".to_owned());
        }
        kernel.jobs.put(&db, None, NewJob::new(ERASE).payload(json!(org)).at(now + SETTLE)).await?;
        db.commit().await?;
        Ok("the company is closed".to_owned())
    }
}

/// Deletes what is left.
#[derive(Debug)]
pub struct Erase;

#[tonic::async_trait]
impl Work for Erase {
    fn kind(&self) -> &'static str {
        ERASE
    }

    fn retry(&self) -> Retry {
        RETRY
    }

    async fn run(&self, kernel: &Arc<Kernel>, job: &Job) -> Result<String, JobError> {
        let deleted = erase::erase(kernel, job, job.payload()?).await?;
        Ok(if deleted { "the company is deleted" } else { "there was nothing to delete" }.to_owned())
    }
}
