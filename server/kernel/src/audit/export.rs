//! The audit as a CSV file, piece by piece: however long it is, one page of it is in memory.

use std::time::Duration;

use futures::Stream;
use streamflow_proto::reason::Reason;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{
    AuditRecord,
    page::{Narrow, records},
};
use crate::{
    csv,
    ctx::Ctx,
    error::{Error, Result},
    ids::{self, prefix},
};

const PAGE: u64 = 500;
/// Longest that an export may take.
const MAX_AGE: Duration = Duration::from_mins(15);
const HEADER: [&str; 14] = [
    "id",
    "at",
    "actor_id",
    "actor_name",
    "actor_role",
    "ip",
    "path",
    "category",
    "outcome",
    "correlation_id",
    "payload",
    "entity",
    "entity_id",
    "changed_fields",
];

/// Pieces of the file with the records a filter lets through, newest first. Problems of the filter come before the first piece.
pub fn export(ctx: &Ctx, filter: &str) -> Result<impl Stream<Item = Result<Vec<u8>, Status>> + Send + 'static + use<>> {
    let narrow = Narrow::parse(filter)?;
    let (pieces, receiver) = mpsc::channel(2);
    let ctx = ctx.clone();
    tokio::spawn(async move {
        if let Err(error) = write(&ctx, &narrow, &pieces).await {
            // The reader sees a stream that ends in an error, not a file that looks whole.
            let _ = pieces.send(Err(error.into())).await;
        }
    });
    Ok(ReceiverStream::new(receiver))
}

/// Each page is read in a transaction of its own, so that a slow reader holds none open.
async fn write(ctx: &Ctx, narrow: &Narrow, pieces: &mpsc::Sender<Result<Vec<u8>, Status>>) -> Result<()> {
    let mut text = csv::BOM.to_owned();
    csv::write_row(&mut text, &HEADER);
    let mut after = None;
    let begun = tokio::time::Instant::now();
    loop {
        // The right to read may end while a slow reader takes its time.
        if begun.elapsed() > MAX_AGE {
            return Err(Error::refused(Reason::EXPORT_TOO_LONG, "The export took too long. Narrow it down and try again."));
        }
        ctx.let_in_again().await?;
        let db = ctx.read().await?;
        let page = records(&db, narrow, true, after, PAGE).await?;
        drop(db);
        let is_last = (page.len() as u64) < PAGE;
        after = page.last().map(|record| (record.at, record.id));
        for record in page {
            csv::write_row(&mut text, &cells(ctx, record));
        }
        if pieces.send(Ok(std::mem::take(&mut text).into_bytes())).await.is_err() || is_last {
            return Ok(());
        }
    }
}

fn cells(ctx: &Ctx, record: AuditRecord) -> [String; 14] {
    let entity_id = ctx.portal().wire_id(&record.entity, record.entity_id);
    [
        ids::format(prefix::AUDIT, record.id),
        record.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        ids::format_option(prefix::USER, record.actor_id),
        record.actor_name,
        record.actor_role,
        record.ip,
        record.path,
        record.category,
        record.outcome,
        record.correlation_id,
        record.payload,
        record.entity,
        entity_id,
        record.changed_fields,
    ]
}
