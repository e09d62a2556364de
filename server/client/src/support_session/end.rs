//! The one way a support session ends: with its session and the pages that are open, and told.

use streamflow_kernel::{db::SystemDb, error::Result};
use uuid::Uuid;

use super::{
    domain::Ending,
    store::{self, Row},
    tell::{Event, Teller},
};

/// Ends it, and gives it back as it is then; none when it was over, and stays as it is. Wake the jobs after the commit.
pub async fn end(db: &SystemDb, teller: Teller<'_>, org: Uuid, id: Uuid, by: Ending) -> Result<Option<Row>> {
    let Some(ended) = store::end(db, org, id, by, teller.now).await? else { return Ok(None) };
    teller.tell(db, &ended, Event::Ended).await?;
    Ok(Some(ended))
}
