//! What becomes of the bytes that are sent for an upload: they wait in the quarantine until it is completed.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use async_trait::async_trait;
use streamflow_kernel::{
    db::Scope,
    error::Result,
    feed::Actor,
    kernel::Kernel,
    upload::{Berth, Intake, Measured, Ticket},
    vault::Place,
};

use super::{content, store};

#[derive(Debug)]
pub struct Attachments;

#[async_trait]
impl Intake for Attachments {
    async fn berth(&self, kernel: &Kernel, ticket: Ticket) -> Result<Berth> {
        let tx = kernel.database.tenant_read(Scope::whole(ticket.org)).await?;
        let Some(row) = store::awaited(&tx, ticket.id, false).await? else { return Ok(Berth::Closed) };
        if u64::try_from(row.bytes) != Ok(ticket.bytes) {
            return Ok(Berth::Closed);
        }
        if row.is_there() {
            return Ok(row.sha256.try_into().map_or(Berth::Closed, Berth::Taken));
        }
        // Each that is sent has a place of its own, so that two at once don't meet.
        Ok(Berth::Free(store::in_quarantine(ticket.org, ticket.id, kernel.ids.uuid())))
    }

    async fn arrived(&self, kernel: &Kernel, ticket: Ticket, place: &Place, measured: Measured) -> Result<bool> {
        let tx = kernel.database.tenant_write(Scope::whole(ticket.org)).await?;
        let Some(row) = store::awaited(&tx, ticket.id, true).await? else { return Ok(false) };
        if row.is_there() || u64::try_from(row.bytes) != Ok(measured.bytes) {
            return Ok(false);
        }
        let earlier = row.in_vault();
        let found = content::found(&measured.head, measured.is_text);
        store::note_arrival(&tx, row, place.id, measured.sha256, found).await?;
        tx.commit_changes(&Actor { id: None, name: String::new(), at: kernel.clock.now() }).await?;
        if let Some(earlier) = earlier {
            kernel.vault.remove(&earlier.path).await?;
        }
        Ok(true)
    }
}
