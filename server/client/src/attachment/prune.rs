//! Uploads that nobody completed go after a quarter of an hour, deleted files after an hour.

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
        let mut deleted = 0;
        loop {
            let over = over(kernel).await?;
            if over.is_empty() {
                return Ok(format!("{deleted} files deleted"));
            }
            for one in over {
                deleted += u32::from(remove(kernel, one).await?);
            }
        }
    }
}

#[derive(Clone, Copy, FromQueryResult)]
struct Over {
    org_id: Uuid,
    id: Uuid,
}

const IS_OVER: &str = "((state = 'awaited' AND added_at <= ?) OR deleted_at <= ?)";

async fn over(kernel: &Kernel) -> Result<Vec<Over>> {
    let now = kernel.clock.now();
    let sql = format!("SELECT org_id, id FROM attachments WHERE {IS_OVER} LIMIT 100");
    kernel.database.system_read().await?.query(&sql, vec![(now - AWAITED).into(), (now - KEPT).into()]).await
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
    // Where a commit that failed has left it, or where it was shown.
    for path in row.home().into_iter().chain([row.place.clone()]).filter(|path| !path.is_empty()) {
        kernel.vault.remove(&path).await?;
    }
    db.commit().await?;
    Ok(true)
}
