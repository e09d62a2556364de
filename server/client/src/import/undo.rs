//! Takes back what an import did, last row first, except what people worked with since.

pub(super) mod records;
pub(super) mod used;

use streamflow_kernel::{
    db::TenantDb,
    error::{Error, Result},
};

use self::records::Records;
use super::{
    domain::subject::Subject,
    effects::{delete_effects_from, last_effects},
    job::{Attempts, Job},
    leads,
    store::State,
};

/// Rows of the file taken back in one transaction.
const WINDOW: i32 = 50;

/// Takes back all that is left.
pub async fn work(job: &mut Job) -> Result<()> {
    let mut window = WINDOW;
    let mut attempts = Attempts::new();
    loop {
        match step(job, window).await {
            Ok(Step::More) => {
                window = WINDOW;
                attempts = Attempts::new();
            }
            Ok(Step::End) => return job.end(State::Undone, "").await,
            Ok(Step::Lost) => return Ok(()),
            // One record can't have its old values back: find out which, and keep it as it is.
            Err(Error::Invalid(_)) if window > 1 => window = 1,
            Err(Error::Invalid(_)) => give_up(job).await?,
            Err(error) => attempts.failed(error).await?,
        }
        tokio::task::yield_now().await;
    }
}

enum Step {
    More,
    End,
    /// Another process took the import over.
    Lost,
}

async fn step(job: &mut Job, window: i32) -> Result<Step> {
    let Some(tx) = job.hold().await? else {
        return Ok(Step::Lost);
    };
    let effects = last_effects(&tx, job.import.id, window).await?;
    let Some(first) = effects.iter().map(|effect| effect.row).min() else {
        return Ok(Step::End);
    };
    let kept = match job.import.subject() {
        Subject::Customers => Records::load(&tx, &job.scope, effects).await?.take_back(&tx, &job.writer()).await?,
        Subject::Leads => leads::take_back(&tx, &job.scope, effects, &job.writer()).await?,
    };
    forget(job, tx, first, kept).await
}

/// Leaves the last row as it is.
async fn give_up(job: &mut Job) -> Result<()> {
    let Some(tx) = job.hold().await? else {
        return Ok(());
    };
    let effects = last_effects(&tx, job.import.id, 1).await?;
    let Some(first) = effects.first().map(|effect| effect.row) else {
        return Ok(());
    };
    forget(job, tx, first, effects.len()).await?;
    Ok(())
}

async fn forget(job: &mut Job, tx: TenantDb, first: i32, kept: usize) -> Result<Step> {
    delete_effects_from(&tx, job.import.id, first).await?;
    let kept = i32::try_from(kept).map_err(Error::internal)?;
    job.keep(tx, |import| {
        import.done_rows = first - 1;
        import.skipped += kept;
    })
    .await?;
    Ok(Step::More)
}
