//! Uploads that nobody completed go after a quarter of an hour, deleted files after an hour, and what a crash has left in the
//! quarantine after a day.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::sync::Arc;

use chrono::TimeDelta;
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    error::Result,
    jobs::{Job, JobError, Work},
    kernel::Kernel,
};
use uuid::Uuid;

use super::{
    domain::{AWAITED, KEPT},
    store::{self, Model},
};

/// Much longer than anything waits in the quarantine: what is older there has no row that would lead to it.
const LEFT_BEHIND: TimeDelta = TimeDelta::days(1);

#[derive(Debug)]
pub struct Prune;

#[tonic::async_trait]
impl Work for Prune {
    fn kind(&self) -> &'static str {
        "prune_attachments"
    }

    fn every(&self) -> Option<TimeDelta> {
        Some(TimeDelta::minutes(10))
    }

    async fn run(&self, kernel: &Arc<Kernel>, _: &Job) -> Result<String, JobError> {
        let (mut deleted, mut failed) = (0, 0);
        let mut after = Over { org_id: Uuid::nil(), id: Uuid::nil() };
        loop {
            let over = over(kernel, after).await?;
            let Some(last) = over.last() else { break };
            after = *last;
            for one in over {
                match remove(kernel, one).await {
                    Ok(is_gone) => deleted += u32::from(is_gone),
                    // One that can't be deleted must not keep the others.
                    Err(error) => {
                        tracing::warn!(?error, id = %one.id, "a file could not be deleted");
                        failed += 1;
                    }
                }
            }
        }
        let left_behind = kernel.vault.sweep(store::QUARANTINE, kernel.clock.now() - LEFT_BEHIND).await?;
        if left_behind > 0 {
            tracing::info!(folders = left_behind, "unfinished uploads that were left behind are deleted");
        }
        if failed > 0 {
            return Err(JobError::Retry(format!("{deleted} files deleted, {failed} could not be; the log says why")));
        }
        Ok(format!("{deleted} files deleted"))
    }
}

#[derive(Clone, Copy, FromQueryResult)]
struct Over {
    org_id: Uuid,
    id: Uuid,
}

const IS_OVER: &str = "((state = 'awaited' AND added_at <= ?) OR deleted_at <= ?)";

/// The next ones after a file.
async fn over(kernel: &Kernel, after: Over) -> Result<Vec<Over>> {
    let now = kernel.clock.now();
    let sql =
        format!("SELECT org_id, id FROM attachments WHERE {IS_OVER} AND (org_id, id) > (?, ?) ORDER BY org_id, id LIMIT 100");
    let values = vec![(now - AWAITED).into(), (now - KEPT).into(), after.org_id.into(), after.id.into()];
    kernel.database.system_read().await?.query(&sql, values).await
}

/// The row is held while its file goes: whoever completes or restores it meanwhile finds it gone, or it is not over any more. After a
/// crash in between the row is there still, and goes the next time.
async fn remove(kernel: &Kernel, one: Over) -> Result<bool> {
    let now = kernel.clock.now();
    let db = kernel.database.system().await?;
    let sql = format!("DELETE FROM attachments WHERE org_id = ? AND id = ? AND {IS_OVER} RETURNING *");
    let values = vec![one.org_id.into(), one.id.into(), (now - AWAITED).into(), (now - KEPT).into()];
    let rows: Vec<Model> = db.query(&sql, values).await?;
    let Some(row) = rows.first() else { return Ok(false) };
    kernel.vault.remove_folder(&store::quarantine(row.org_id, row.id)).await?;
    // Where it was shown, or where a commit that failed has left it.
    if !row.place.is_empty() {
        kernel.vault.remove(&row.place).await?;
    }
    db.commit().await?;
    Ok(true)
}
