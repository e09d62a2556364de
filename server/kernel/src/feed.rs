//! The change feed: every write appends to `changes` in its own transaction, one tail task per process reads them in commit
//! order and fans them out in memory. Open pages, and later offline pull and webhooks, live from it.

#![expect(clippy::disallowed_methods, reason = "changes are written in the transaction of their rows")]

pub mod tail;
pub mod watch;

use std::fmt;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    db::Scope,
    error::{Error, Result},
};

pub use tail::Feed;
pub use watch::{Watch, WatchItem};

/// Rows of one INSERT; SQLite and PostgreSQL both bound the number of values.
const APPEND_BATCH: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Created,
    Updated,
    Deleted,
}

impl Op {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "created" => Self::Created,
            "deleted" => Self::Deleted,
            _ => Self::Updated,
        }
    }
}

/// Who may hear of a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// Everybody in the company; the people below don't matter then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everyone: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Uuid>,
}

impl Audience {
    pub const EVERYONE: Self = Self { everyone: true, owner: None, assignee: None, team: None };

    /// The people of a record, and those it had before when it was handed on.
    pub const fn people(owner: Option<Uuid>, assignee: Option<Uuid>, team: Option<Uuid>) -> Self {
        Self { everyone: false, owner, assignee, team }
    }

    pub fn reaches(&self, scope: &Scope) -> bool {
        self.everyone || scope.sees(self.owner, self.assignee, self.team)
    }
}

/// One row that was written.
#[derive(Clone, Debug)]
pub struct Change {
    /// Noun, e.g. "customer".
    pub entity: &'static str,
    pub id: Uuid,
    pub version: i64,
    pub op: Op,
    /// Names of the fields that changed.
    pub fields: Vec<String>,
    pub audience: Audience,
}

/// Who wrote, and when.
#[derive(Clone, Debug)]
pub struct Actor {
    pub id: Option<Uuid>,
    pub name: String,
    pub at: DateTime<Utc>,
}

/// Place in the feed. Ordered as commits became visible, not as sequences were drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// PostgreSQL transaction id; 0 on SQLite.
    pub xid: i64,
    pub seq: i64,
}

impl Cursor {
    /// `None` for text that never was a cursor.
    pub fn parse(text: &str) -> Option<Self> {
        let (xid, seq) = text.split_once('.')?;
        let cursor = Self { xid: xid.parse().ok()?, seq: seq.parse().ok()? };
        (cursor.xid >= 0 && cursor.seq >= 0).then_some(cursor)
    }

    /// Where a request wants to go on; none to begin now.
    pub fn read(text: &str) -> Result<Option<Self>> {
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = || Error::invalid("cursor", "This is no cursor of an earlier message. Leave it empty to begin now.");
        Self::parse(text).map(Some).ok_or_else(wrong)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.xid, self.seq)
    }
}

/// A change as watchers get it.
#[derive(Clone, Debug)]
pub struct Event {
    pub cursor: Cursor,
    pub org_id: Uuid,
    pub entity: String,
    pub id: Uuid,
    pub version: i64,
    pub op: Op,
    pub fields: Vec<String>,
    pub actor_id: Option<Uuid>,
    pub actor_name: String,
    pub at: DateTime<Utc>,
    pub audience: Audience,
}

/// Writes `changes` in the transaction of their rows.
pub(crate) async fn append(txn: &impl ConnectionTrait, org: Uuid, actor: &Actor, changes: &[Change]) -> Result<()> {
    let backend = txn.get_database_backend();
    for batch in changes.chunks(APPEND_BATCH) {
        let mut values: Vec<Value> = Vec::with_capacity(batch.len() * 10);
        let mut rows = Vec::with_capacity(batch.len());
        for change in batch {
            let audience = serde_json::to_string(&change.audience).map_err(Error::internal)?;
            let row: [Value; 10] = [
                org.into(),
                actor.at.into(),
                change.entity.into(),
                change.id.into(),
                change.version.into(),
                change.op.as_str().into(),
                actor.id.into(),
                actor.name.clone().into(),
                change.fields.join(",").into(),
                audience.into(),
            ];
            rows.push(placeholders(backend, values.len(), row.len()));
            values.extend(row);
        }
        let sql = format!(
            "INSERT INTO changes (org_id, at, entity, id, version, op, actor_id, actor_name, fields, audience) VALUES {}",
            rows.join(", ")
        );
        txn.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    }
    Ok(())
}

/// `($1, $2, …)` or `(?, ?, …)` for one row of an INSERT.
pub(crate) fn placeholders(backend: DbBackend, before: usize, count: usize) -> String {
    let items: Vec<String> =
        (1..=count).map(|n| if backend == DbBackend::Postgres { format!("${}", before + n) } else { "?".to_owned() }).collect();
    format!("({})", items.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text() {
        let cursor = Cursor { xid: 731, seq: 12 };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        for bad in ["", "1", "1.", ".1", "a.b", "-1.2", "1.2.3", "99999999999999999999.1"] {
            assert_eq!(Cursor::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn cursors_order_by_transaction_before_sequence() {
        assert!(Cursor { xid: 2, seq: 1 } > Cursor { xid: 1, seq: 9 });
    }
}
