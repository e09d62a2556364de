//! The deleting itself. Each step may be done again: killed anywhere, it goes on where it was.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use streamflow_kernel::{
    db::{Backend, Scope, SystemDb},
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

/// How often a SQLite file is written anew at most: nobody else writes meanwhile.
const SCRUB_EVERY: TimeDelta = TimeDelta::hours(1);

/// Deletes a company that was closed; on SQLite all that are due, since their rows leave the file together. Returns when to go on, where
/// that has to wait.
pub async fn erase(kernel: &Kernel, job: &Job, org: Uuid) -> Result<Option<DateTime<Utc>>> {
    clear(kernel, org).await?;
    let mut cleared = vec![org];
    if kernel.database.backend() == Backend::Sqlite {
        let (db, now) = (kernel.database.system_read().await?, kernel.clock.now());
        let (last, due) = (store::last_end(&db, now).await?, store::due_to_be_erased(&db, now).await?);
        drop(db);
        if let Some(next) = last.map(|last| last + SCRUB_EVERY).filter(|next| *next > now) {
            return Ok(Some(next));
        }
        for other in due.into_iter().filter(|other| *other != org) {
            match clear(kernel, other).await {
                Ok(()) => cleared.push(other),
                // It has a job of its own.
                Err(error) => tracing::warn!(?error, "a company that is to be deleted too could not be cleared"),
            }
        }
    }
    // Before it is said that they are deleted: killed here, all of this is done again.
    kernel.database.scrub().await?;
    for org in cleared {
        end(kernel, job, org).await?;
    }
    Ok(None)
}

/// Its keys first, then everything else.
async fn clear(kernel: &Kernel, org: Uuid) -> Result<()> {
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
    check_empty(kernel, org).await
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

/// The last record of its audit, and the news for the system that hears of companies; once, whoever is first.
async fn end(kernel: &Kernel, job: &Job, org: Uuid) -> Result<()> {
    let now = kernel.clock.now();
    let db = kernel.database.system().await?;
    if !store::end(&db, org, now).await? {
        return Ok(());
    }
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
