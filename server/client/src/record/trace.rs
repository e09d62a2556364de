//! What a write leaves behind besides its rows: events on the timeline, and changes for everyone who watches.

use streamflow_kernel::{
    db::TenantDb,
    error::Result,
    feed::{Change, Op},
};
use uuid::Uuid;

use super::{
    kind::Kind,
    merge::BeforeAfter,
    people::{People, Place},
    writer::{Origin, Writer},
};
use crate::{
    notification::news::{self, Handed},
    timeline::store::{self, EventKind, NewEvent},
};

/// A record after a write.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    pub kind: Kind,
    pub id: Uuid,
    pub version: i64,
    pub people: People,
}

impl Written {
    /// Tells watchers of a new record.
    pub fn announce_new(self, tx: &TenantDb) {
        self.announce(tx, Op::Created, Vec::new(), self.people);
    }

    /// Tells watchers which fields changed. Those of `before` who see the record no longer are told that it is gone; the others
    /// hear both, the present state last.
    pub fn announce_fields(self, tx: &TenantDb, fields: Vec<String>, before: People) {
        if before != self.people {
            self.announce(tx, Op::Deleted, fields.clone(), before);
        }
        self.announce(tx, Op::Updated, fields, self.people);
    }

    /// An event and the news of a new record.
    pub async fn trace_new(self, tx: &TenantDb, writer: &Writer) -> Result<()> {
        let kind = if writer.origin == Origin::Import { EventKind::Imported } else { EventKind::Created };
        store::insert_events(tx, writer, &[NewEvent::new(self.kind, self.id, kind)]).await?;
        self.announce_new(tx);
        self.tell_receivers(tx, writer, People::default()).await
    }

    /// Tells people who have the record now and did not before.
    async fn tell_receivers(self, tx: &TenantDb, writer: &Writer, before: People) -> Result<()> {
        // A contact's people are its customer's.
        if self.kind != Kind::Contact && before != self.people {
            let handed = Handed { id: self.id, before, after: self.people };
            news::handed_over(tx, writer, self.kind, &[handed]).await?;
        }
        Ok(())
    }

    /// Events and news of an edit.
    pub async fn trace_edit(self, tx: &TenantDb, writer: &Writer, changes: Vec<BeforeAfter>, before: People) -> Result<()> {
        let fields = changes.iter().map(|change| change.field.clone()).collect();
        store::insert_events(tx, writer, &self.events(writer.origin, changes)).await?;
        self.announce_fields(tx, fields, before);
        self.tell_receivers(tx, writer, before).await
    }

    /// One event per thing that people tell apart: handed on, moved, edited.
    fn events(self, origin: Origin, changes: Vec<BeforeAfter>) -> Vec<NewEvent> {
        let mut events: Vec<NewEvent> = Vec::new();
        for change in changes {
            let kind = match change.field.as_str() {
                _ if origin == Origin::Import => EventKind::Imported,
                field if Place::is_field(field) => EventKind::Assigned,
                "stage_id" => EventKind::Moved,
                _ => EventKind::Edited,
            };
            match events.iter_mut().find(|event| event.kind == kind) {
                Some(event) => event.changes.push(change),
                None => events.push(NewEvent { changes: vec![change], ..NewEvent::new(self.kind, self.id, kind) }),
            }
        }
        events
    }

    fn announce(self, tx: &TenantDb, op: Op, fields: Vec<String>, people: People) {
        tx.record(Change {
            entity: self.kind.as_str(),
            id: self.id,
            version: self.version,
            op,
            fields,
            audience: people.audience(),
        });
    }
}
