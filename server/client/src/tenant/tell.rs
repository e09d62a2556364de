//! The job that tells the system which hears of companies what became of one. It is put with what it tells of, and never given up.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use streamflow_kernel::{
    clock::timestamp,
    db::SystemDb,
    error::{Error, Result},
    ids::{self, prefix},
    jobs::{Job, JobError, Jobs, NewJob, Retry, Work, deed::Deed},
    kernel::Kernel,
};
use streamflow_proto::federation::v1 as pb;
use uuid::Uuid;

use super::{api::into_pb, report, store};

const KIND: &str = "tenant_tell";
/// The RPC that is called.
const PATH: &str = "/streamflow.federation.v1.TenantEventService/ReportTenantEvents";

/// What is told.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    pub id: Uuid,
    /// As in `TenantEvent`.
    pub kind: String,
    pub at: DateTime<Utc>,
    pub tenant_id: String,
    /// A JSON object; nothing personal, but for the reasons that operators write themselves.
    pub details: serde_json::Value,
}

/// Queues it with the caller's transaction; wake the jobs after the commit.
pub async fn put(db: &SystemDb, jobs: &Jobs, event: &Told) -> Result<()> {
    let payload = serde_json::to_value(event).map_err(Error::internal)?;
    jobs.put(db, None, NewJob::new(KIND).payload(payload)).await?;
    Ok(())
}

#[derive(Debug)]
pub struct Tell;

#[tonic::async_trait]
impl Work for Tell {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn retry(&self) -> Retry {
        Retry::FOREVER.pauses(TimeDelta::seconds(1), TimeDelta::seconds(30))
    }

    async fn run(&self, kernel: &Arc<Kernel>, job: &Job) -> Result<String, JobError> {
        let told: Told = job.payload()?;
        let db = kernel.database.system_read().await?;
        let tenant = store::tenant(&db, &told.tenant_id).await?;
        drop(db);
        let Some(tenant) = tenant else { return Ok("the company is gone".to_owned()) };
        let org_id = tenant.id;
        let event = pb::TenantEvent {
            id: ids::format(prefix::EVENT, told.id),
            kind: told.kind.clone(),
            at: timestamp(told.at),
            tenant: Some(into_pb(tenant)),
            details: told.details.to_string(),
        };
        report::report(kernel, vec![event]).await.map_err(|status| {
            JobError::Retry(format!("the system that hears of companies did not take it: {}", status.message()))
        })?;
        let db = kernel.database.system().await?;
        let payload = serde_json::json!({ "tenant_id": told.tenant_id, "kind": told.kind });
        job.audit(&db, kernel, Deed { org_id, path: PATH, category: "federation", outcome: "OK", payload }).await?;
        db.commit().await?;
        Ok(format!("told that a company was {}", told.kind))
    }
}
