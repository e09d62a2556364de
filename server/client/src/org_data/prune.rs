//! Archives go after a week, and what is known of them after three months.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::sync::Arc;

use chrono::TimeDelta;
use streamflow_kernel::{
    jobs::{Job, JobError, Work},
    kernel::Kernel,
};

use super::{
    domain::{FOLDER, REMEMBERED, place},
    job::tell_pages,
    store::{self, End, FAILED},
};

#[derive(Debug)]
pub struct Prune;

#[tonic::async_trait]
impl Work for Prune {
    fn kind(&self) -> &'static str {
        "prune_org_exports"
    }

    fn every(&self) -> Option<TimeDelta> {
        Some(TimeDelta::hours(1))
    }

    async fn run(&self, kernel: &Arc<Kernel>, _: &Job) -> Result<String, JobError> {
        let now = kernel.clock.now();
        let storage = kernel.vault.storage(FOLDER, kernel.ids.uuid()).await?;
        let mut deleted = 0;
        loop {
            let over = store::over(&kernel.database.system_read().await?, &storage, now).await?;
            if over.is_empty() {
                break;
            }
            for one in over {
                // The file first: one that is gone while its row says otherwise can't be downloaded; the other way round it would stay.
                kernel.vault.remove(&place(one.org_id, one.id).path).await?;
                let db = kernel.database.system().await?;
                store::expire(&db, one).await?;
                db.commit().await?;
                deleted += 1;
            }
        }
        for one in store::abandoned(&kernel.database.system_read().await?, now - TimeDelta::hours(1)).await? {
            kernel.vault.remove(&place(one.org_id, one.id).path).await?;
            let db = kernel.database.system().await?;
            let end = End { state: FAILED, at: now, expires_at: None, bytes: 0 };
            if store::end_export(&db, one.org_id, one.id, end).await? {
                tell_pages(&db, kernel, one.org_id, one.id).await?;
                db.commit().await?;
            }
        }
        let db = kernel.database.system().await?;
        let forgotten = store::forget(&db, now - REMEMBERED).await?;
        db.commit().await?;
        Ok(format!("{deleted} files deleted, {forgotten} forgotten"))
    }
}
