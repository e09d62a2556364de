//! The deleting itself. Each step may be done again: killed anywhere, it goes on where it was.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use chrono::{DateTime, Utc};
use serde_json::json;
use streamflow_kernel::{
    db::{Scope, SystemDb},
    error::{Error, Result},
    feed::{Actor, Audience, Change, Op, watch::SUSPENSION},
    jobs::{Job, deed::Deed},
    kernel::Kernel,
};
use uuid::Uuid;

use super::{
    domain::{ERASED, FOLDERS, KEYS, SETTLE},
    store,
};
use crate::tenant::{self, tell};

/// The RPC whose effect it is.
const PATH: &str = "/streamflow.client.v1.OrgClosingService/CloseOrg";
/// Rows of one transaction; on SQLite everybody else who writes waits for it.
const BATCH: u32 = 500;

/// Nobody is in it any more, and nobody comes in. False when it was taken back, or this was done before.
pub async fn close(db: &SystemDb, org: Uuid, now: DateTime<Utc>) -> Result<bool> {
    tenant::store::hold_alone(db, org).await?;
    if !store::begin(db, org, now, now + SETTLE).await? {
        return Ok(false);
    }
    store::shut(db, org, now).await?;
    // Streams of pages that are open end with it.
    let fields = vec![SUSPENSION.to_owned()];
    let change = Change { entity: "org", id: org, version: 1, op: Op::Deleted, fields, audience: Audience::EVERYONE };
    db.append_changes(org, &nobody(now), &[change]).await?;
    Ok(true)
}

/// Deletes a company that was closed.
pub async fn erase(kernel: &Kernel, job: &Job, org: Uuid) -> Result<()> {
    table(kernel, org, KEYS).await?;
    kernel.keys.forget(org);
    for name in ERASED.iter().filter(|name| **name != store::MEMBERSHIPS) {
        table(kernel, org, name).await?;
    }
    people(kernel, org).await?;
    strip(kernel, org).await?;
    for folder in FOLDERS {
        kernel.vault.remove_folder(&format!("{folder}/{}", org.simple())).await?;
    }
    check_empty(kernel, org).await?;
    // Before it is said to be deleted: killed here, all of this is done again.
    kernel.database.scrub().await?;
    end(kernel, job, org).await
}

async fn table(kernel: &Kernel, org: Uuid, name: &str) -> Result<()> {
    loop {
        let tx = kernel.database.tenant_write(Scope::whole(org)).await?;
        let deleted = store::erase(&tx, name, BATCH).await?;
        tx.commit_changes(&nobody(kernel.clock.now())).await?;
        if deleted < u64::from(BATCH) {
            return Ok(());
        }
    }
}

async fn people(kernel: &Kernel, org: Uuid) -> Result<()> {
    loop {
        let db = kernel.database.system().await?;
        let some = store::people(&db, org).await?;
        if some.is_empty() {
            return Ok(());
        }
        store::erase_people(&db, org, some, kernel.clock.now()).await?;
        db.commit().await?;
    }
}

/// What speaks of the company elsewhere, and what its own row says.
async fn strip(kernel: &Kernel, org: Uuid) -> Result<()> {
    let db = kernel.database.system().await?;
    store::erase_traces(&db, org).await?;
    store::blank(&db, org, kernel.clock.now()).await?;
    db.commit().await
}

/// Whoever wrote meanwhile is found here, and the job does all of it again.
async fn check_empty(kernel: &Kernel, org: Uuid) -> Result<()> {
    let tx = kernel.database.tenant_read(Scope::whole(org)).await?;
    for name in ERASED.iter().chain([&KEYS]) {
        if store::has_rows(&tx, name).await? {
            return Err(Error::internal(format!("somebody wrote to {name} of a company that is being deleted")));
        }
    }
    Ok(())
}

/// The last record of its audit, and the news for the system that hears of companies.
async fn end(kernel: &Kernel, job: &Job, org: Uuid) -> Result<()> {
    let now = kernel.clock.now();
    let db = kernel.database.system().await?;
    store::end(&db, org, now).await?;
    let payload = json!({ "deleted": store::read_counts(&db, org).await? });
    job.audit(&db, kernel, Deed { org_id: org, path: PATH, category: "closing", outcome: "OK", payload }).await?;
    if let Some(tenant_id) = tenant::store::tenant_id(&db, org).await? {
        let told = tell::Told { id: kernel.ids.uuid(), kind: "deleted".to_owned(), at: now, tenant_id, details: json!({}) };
        tell::put(&db, &kernel.jobs, &told).await?;
    }
    db.commit().await?;
    kernel.jobs.wake();
    Ok(())
}

fn nobody(at: DateTime<Utc>) -> Actor {
    Actor { id: None, name: String::new(), at }
}
