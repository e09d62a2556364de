//! The end of a session whose time is up: told, and in the audit, as any other end.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::json;
use streamflow_kernel::{
    db::SystemDb,
    error::Result,
    ids::{self, prefix},
    jobs::{Job, JobError, Jobs, NewJob, Work, deed::Deed},
    kernel::Kernel,
};
use uuid::Uuid;

use super::{
    end::end,
    store::{self, Row},
    tell::Teller,
};

const KIND: &str = "support_session_end";
/// The RPC that the end follows from.
const PATH: &str = "/streamflow.client.v1.SupportSessionService/OpenSupportSession";

/// Queues the end with the caller's transaction.
pub async fn put(db: &SystemDb, jobs: &Jobs, row: &Row, at: DateTime<Utc>) -> Result<()> {
    let job = NewJob::new(KIND).payload(json!(row.id)).at(at);
    jobs.put(db, Some(row.org_id), job).await?;
    Ok(())
}

#[derive(Debug)]
pub struct End;

#[async_trait]
impl Work for End {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, kernel: &Arc<Kernel>, job: &Job) -> Result<String, JobError> {
        let id: Uuid = job.payload()?;
        let db = kernel.database.system().await?;
        let Some(row) = store::of_org(&db, job.org_id, id).await? else { return Ok("it is gone".to_owned()) };
        let now = kernel.clock.now();
        if row.expires_at > now {
            return Ok("it is not over".to_owned());
        }
        let teller = Teller { ids: kernel.ids.as_ref(), jobs: &kernel.jobs, now };
        let by = row.by_itself();
        let Some(row) = end(&db, teller, row.org_id, id, by).await? else { return Ok("it was over".to_owned()) };
        let payload = json!({ "support_session_id": ids::format(prefix::SUPPORT_SESSION, id), "why": by.as_str() });
        let deed = Deed { org_id: row.org_id, path: PATH, category: "impersonation", outcome: "OK", payload };
        job.audit(&db, kernel, deed).await?;
        db.commit().await?;
        kernel.jobs.wake();
        Ok("ended".to_owned())
    }
}
