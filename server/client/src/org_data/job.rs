//! The job that writes an archive. Begun anew, it writes the same file from its beginning.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::sync::Arc;

use chrono::TimeDelta;
use streamflow_kernel::{
    db::SystemDb,
    error::{Error, Result},
    feed::{Actor, Op},
    ids,
    jobs::{Job, JobError, Retry, Work, deed::Deed},
    kernel::Kernel,
};
use uuid::Uuid;

use super::{
    archive::{self, Progress},
    domain::{FOLDER, KEPT, place},
    store::{self, DONE, End, FAILED, OrgExport},
};
use crate::notification::news::{About, News, notify_in};

pub const KIND: &str = "org_export";
/// Of an archive's job.
pub fn key(id: Uuid) -> String {
    id.simple().to_string()
}

/// The RPC whose effect it is.
const PATH: &str = "/streamflow.client.v1.OrgDataService/StartExport";
/// Tries before an archive is given up.
const ATTEMPTS: i32 = 5;

#[derive(Debug)]
pub struct Export;

#[tonic::async_trait]
impl Work for Export {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn retry(&self) -> Retry {
        Retry::times(ATTEMPTS).pauses(TimeDelta::seconds(5), TimeDelta::minutes(5))
    }

    async fn run(&self, kernel: &Arc<Kernel>, job: &Job) -> Result<String, JobError> {
        let id = Uuid::try_parse(&job.key).map_err(|_| JobError::Dead("its key is no export".to_owned()))?;
        match make(kernel, job, id).await {
            Ok(words) => Ok(words),
            Err(error) if self.retry().allows_after(job.attempt) => Err(error.into()),
            Err(error) => {
                let end = End { state: FAILED, at: kernel.clock.now(), expires_at: None, bytes: 0 };
                kernel.vault.remove(&place(job.org_id, id).path).await?;
                finish(kernel, job, id, end).await?;
                Err(error.into())
            }
        }
    }
}

async fn make(kernel: &Kernel, job: &Job, id: Uuid) -> Result<String> {
    let org = job.org_id;
    let out = kernel.vault.create(&place(org, id)).await?;
    let bytes = archive::write(kernel, org, id, out).await?;
    let storage = kernel.vault.storage(FOLDER, kernel.ids.uuid()).await?;
    let db = kernel.database.system().await?;
    store::note_storage(&db, org, id, &storage).await?;
    db.commit().await?;
    let at = kernel.clock.now();
    finish(kernel, job, id, End { state: DONE, at, expires_at: Some(at + KEPT), bytes }).await?;
    Ok("the archive is there".to_owned())
}

/// How far an archive is, for those who wait for it.
pub async fn note(kernel: &Kernel, org: Uuid, id: Uuid, progress: Progress) -> Result<()> {
    let db = kernel.database.system().await?;
    store::note_progress(&db, org, id, progress).await?;
    tell_pages(&db, kernel, org, id).await?;
    db.commit().await
}

/// State, news and audit in one transaction.
async fn finish(kernel: &Kernel, job: &Job, id: Uuid, end: End) -> Result<()> {
    let org = job.org_id;
    let db = kernel.database.system().await?;
    let found = store::export(&db, org, id).await?.ok_or(Error::not_found("export"))?;
    if !store::end_export(&db, org, id, end).await? {
        return Ok(());
    }
    let told = notify_in(&db, org, news(kernel, &found, end)).await?;
    db.append_changes(org, &nobody(kernel), &[told]).await?;
    tell_pages(&db, kernel, org, id).await?;
    let payload = serde_json::json!({ "export_id": ids::format(ids::prefix::EXPORT, id), "bytes": end.bytes });
    let outcome = if end.state == DONE { "OK" } else { "INTERNAL" };
    job.audit(&db, kernel, Deed { org_id: org, path: PATH, category: "export", outcome, payload }).await?;
    db.commit().await
}

fn news(kernel: &Kernel, export: &OrgExport, end: End) -> News {
    let (title, body) = if end.state == DONE {
        ("The export of your company is ready", "It can be downloaded for seven days.")
    } else {
        ("The export of your company failed", "Start it again; if it fails once more, ask whoever runs StreamFlow for you.")
    };
    News {
        id: kernel.ids.uuid(),
        to: export.asked_by,
        about: About::Export,
        title: title.to_owned(),
        body: body.to_owned(),
        link: "settings/data".to_owned(),
        at: end.at,
    }
}

pub async fn tell_pages(db: &SystemDb, kernel: &Kernel, org: Uuid, id: Uuid) -> Result<()> {
    db.append_changes(org, &nobody(kernel), &[store::change(id, Op::Updated)]).await
}

fn nobody(kernel: &Kernel) -> Actor {
    Actor { id: None, name: String::new(), at: kernel.clock.now() }
}
