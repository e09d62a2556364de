//! The job that tells the system that hears of companies which ones are new. One at a time, for all that wait: while that system is
//! away, one call in a few seconds is all it costs, and once it is back it hears of all of them at once.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::sync::Arc;

use chrono::TimeDelta;
use streamflow_kernel::{
    access::answer::code_name,
    clock::timestamp,
    db::NO_ORG,
    error::Result,
    ids::{self, prefix},
    jobs::{Job, JobError, Retry, Work, deed::Deed},
    kernel::Kernel,
};
use streamflow_proto::federation::v1 as federation;
use tonic::Status;
use uuid::Uuid;

use super::{
    domain::{Registration, Step},
    store,
};
use crate::tenant;

pub const KIND: &str = "registration_tell";
/// The RPC that is called.
const PATH: &str = "/streamflow.federation.v1.TenantEventService/ReportTenantEvents";
/// Events of one call.
const BATCH: i64 = 100;

#[derive(Debug)]
pub struct Tell;

#[tonic::async_trait]
impl Work for Tell {
    fn kind(&self) -> &'static str {
        KIND
    }

    /// Never given up, and soon enough that a company is seen within seconds of the other system's return.
    fn retry(&self) -> Retry {
        Retry::FOREVER.pauses(TimeDelta::seconds(1), TimeDelta::seconds(3))
    }

    async fn run(&self, kernel: &Arc<Kernel>, job: &Job) -> Result<String, JobError> {
        let mut told = 0;
        loop {
            let db = kernel.database.system_read().await?;
            let waiting = store::at_step(&db, Step::Welcomed, BATCH).await?;
            let events = events(&db, &waiting).await?;
            drop(db);
            if waiting.is_empty() {
                return Ok(format!("told of {told} companies"));
            }
            if let Err(status) = tenant::report::report(kernel, events).await {
                return Err(failed(kernel, job, &waiting, &status).await);
            }
            told += mark(kernel, job, &waiting).await?;
        }
    }
}

/// One for each company, with an id that is the same each time.
async fn events(db: &streamflow_kernel::db::SystemDb, waiting: &[Registration]) -> Result<Vec<federation::TenantEvent>> {
    let mut events = Vec::new();
    for registration in waiting {
        let Some(company) = tenant::store::tenant(db, &registration.tenant_id).await? else { continue };
        let when = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| at.to_rfc3339()).unwrap_or_default();
        let details = serde_json::json!({
            "accepted_at": registration.created_at.to_rfc3339(),
            "made_at": when(registration.made_at),
            "welcomed_at": when(registration.welcomed_at),
        });
        events.push(federation::TenantEvent {
            id: ids::format(prefix::EVENT, registration.id),
            kind: "registered".to_owned(),
            at: timestamp(company.created_at),
            tenant: Some(tenant::api::into_pb(company)),
            details: details.to_string(),
        });
    }
    Ok(events)
}

/// Says of each that it was told of.
async fn mark(kernel: &Kernel, job: &Job, waiting: &[Registration]) -> Result<usize> {
    let db = kernel.database.system().await?;
    let mut told = 0;
    for registration in waiting {
        if store::mark_told(&db, registration.id, kernel.clock.now()).await? {
            let payload = serde_json::json!({ "step": Step::Told.as_str(), "tenant_id": registration.tenant_id });
            let org_id = registration.org_id.unwrap_or(NO_ORG);
            job.audit(&db, kernel, Deed { org_id, path: PATH, category: "federation", outcome: "OK", payload }).await?;
            told += 1;
        }
    }
    db.commit().await?;
    Ok(told)
}

/// Notes it with the companies that wait, and once a minute in the audit.
async fn failed(kernel: &Kernel, job: &Job, waiting: &[Registration], status: &Status) -> JobError {
    let why = JobError::Retry(format!("the system that hears of companies did not take them: {}", status.message()));
    let noted = async {
        let ids: Vec<Uuid> = waiting.iter().map(|registration| registration.id).collect();
        let db = kernel.database.system().await?;
        store::note_failure(&db, &ids, status.message()).await?;
        db.commit().await?;
        if !kernel.limiter.first_refusal(KIND, "all", kernel.clock.now()) {
            return Ok(());
        }
        let payload = serde_json::json!({ "waiting": waiting.len(), "attempt": job.attempt });
        let outcome = code_name(status.code());
        job.audit_failure(kernel, Deed { org_id: NO_ORG, path: PATH, category: "federation", outcome, payload }).await
    };
    let noted: Result<()> = noted.await;
    if let Err(error) = noted {
        tracing::warn!(?error, "the failure of a call to another system was not noted");
    }
    why
}
