//! The jobs that delete a company when its time is over. They are queued for the system itself: the company's own go with it.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

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

use super::{domain::SETTLE, erase, store};

const CLOSE: &str = "org_close";
const ERASE: &str = "org_erase";

/// Queues it with the caller's transaction.
pub async fn put(db: &SystemDb, jobs: &Jobs, org: Uuid, due: DateTime<Utc>) -> Result<()> {
    put_step(db, jobs, CLOSE, org, due).await
}

async fn put_step(db: &SystemDb, jobs: &Jobs, step: &'static str, org: Uuid, due: DateTime<Utc>) -> Result<()> {
    jobs.put(db, None, NewJob::new(step).payload(json!(org)).at(due)).await?;
    Ok(())
}

const OVER: &str = "it stays, or this was done already";
const EARLY: &str = "it is not due, and queued once more";

/// What keeps a step from being taken now: the company is in another state than this one, or the step is not due. Clocks are set back, and
/// who asks anew has the whole time again; then it is queued once more.
async fn hindrance(kernel: &Kernel, step: &'static str, state: &str, org: Uuid) -> Result<Option<&'static str>> {
    let db = kernel.database.system().await?;
    match store::due(&db, org, state).await? {
        None => Ok(Some(OVER)),
        Some(due) if due <= kernel.clock.now() => Ok(None),
        Some(due) => {
            put_step(&db, &kernel.jobs, step, org, due).await?;
            db.commit().await?;
            Ok(Some(EARLY))
        }
    }
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
        let org: Uuid = job.payload()?;
        if let Some(hindrance) = hindrance(kernel, CLOSE, "closing", org).await? {
            return Ok(hindrance.to_owned());
        }
        // One instant for both: set back in between, the clock would leave a row that no job is queued for.
        let (db, now) = (kernel.database.system().await?, kernel.clock.now());
        if !erase::close(&db, org, now).await? {
            return Err(JobError::Retry("it was taken back, or the clock was set back".to_owned()));
        }
        put_step(&db, &kernel.jobs, ERASE, org, now + SETTLE).await?;
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
        let org: Uuid = job.payload()?;
        if let Some(hindrance) = hindrance(kernel, ERASE, "deleting", org).await? {
            return Ok(hindrance.to_owned());
        }
        let Some(next) = erase::erase(kernel, job, org).await? else { return Ok("the company is deleted".to_owned()) };
        let db = kernel.database.system().await?;
        put_step(&db, &kernel.jobs, ERASE, org, next).await?;
        db.commit().await?;
        Ok("its rows are deleted, and leave the file with others' within the hour".to_owned())
    }
}
