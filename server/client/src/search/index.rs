//! Keeps the index in step with the records: every write of a record ends here, in its transaction.

use sea_orm::Value;
use streamflow_kernel::{db::TenantDb, error::Result};
use uuid::Uuid;

use super::domain::entry::SearchEntry;
use crate::record::{
    kind::Kind,
    people::{People, Place},
};

/// A record's entry, as it is written.
#[derive(Clone, Debug)]
pub struct Indexed {
    pub kind: Kind,
    pub id: Uuid,
    pub entry: SearchEntry,
    pub people: People,
    pub archived: bool,
}

/// Entries of one statement; each has eleven values.
const AT_ONCE: usize = 500;

/// Writes the entry of one record, new or not.
pub async fn upsert(tx: &TenantDb, record: (Kind, Uuid), entry: SearchEntry, people: People, archived: bool) -> Result<()> {
    upsert_all(tx, vec![Indexed { kind: record.0, id: record.1, entry, people, archived }]).await
}

/// Writes the entries of many records, each of them once.
pub async fn upsert_all(tx: &TenantDb, records: Vec<Indexed>) -> Result<()> {
    let mut records = records.into_iter().peekable();
    while records.peek().is_some() {
        let values: Vec<[Value; 11]> = records.by_ref().take(AT_ONCE).map(values).collect();
        let rows = vec!["({org}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"; values.len()].join(", ");
        let sql = format!(
            "INSERT INTO search_entries \
             (org_id, kind, id, title, subtitle, text, digits, keys, owner_id, assignee_id, team_id, archived) \
             VALUES {rows} \
             ON CONFLICT (org_id, kind, id) DO UPDATE SET title = excluded.title, subtitle = excluded.subtitle, \
             text = excluded.text, digits = excluded.digits, keys = excluded.keys, owner_id = excluded.owner_id, \
             assignee_id = excluded.assignee_id, team_id = excluded.team_id, archived = excluded.archived"
        );
        tx.execute(&sql, values.into_iter().flatten().collect()).await?;
    }
    Ok(())
}

fn values(record: Indexed) -> [Value; 11] {
    let Indexed { kind, id, entry, people, archived } = record;
    [
        kind.as_str().into(),
        id.into(),
        entry.title.into(),
        entry.subtitle.into(),
        entry.text.into(),
        entry.digits.into(),
        entry.keys.into(),
        people.owner.into(),
        people.assignee.into(),
        people.team.into(),
        archived.into(),
    ]
}

/// Fills places on the entries of records as on the records, and for customers on those of their contacts.
pub async fn hand_over(tx: &TenantDb, kind: Kind, ids: &[Uuid], places: &[Place]) -> Result<()> {
    let columns: Vec<String> = places.iter().map(|place| format!("{} = ?", place.field())).collect();
    let set = format!("UPDATE search_entries SET {} WHERE org_id = {{org}}", columns.join(", "));
    let marks = vec!["?"; ids.len()].join(", ");
    let mut conditions = vec![format!("kind = '{}' AND id IN ({marks})", kind.as_str())];
    if kind == Kind::Customer {
        conditions.push(format!(
            "kind = 'contact' AND id IN (SELECT id FROM contacts WHERE org_id = {{org}} AND customer_id IN ({marks}))"
        ));
    }
    for condition in conditions {
        let mut values: Vec<Value> = places.iter().map(|place| place.id().into()).collect();
        values.extend(ids.iter().map(|id| Value::from(*id)));
        tx.execute(&format!("{set} AND {condition}"), values).await?;
    }
    Ok(())
}

/// Marks the entries of records as put away, or as back.
pub async fn set_archived(tx: &TenantDb, kind: Kind, ids: &[Uuid], archived: bool) -> Result<()> {
    let marks = vec!["?"; ids.len()].join(", ");
    let sql = format!(
        "UPDATE search_entries SET archived = ? WHERE org_id = {{org}} AND kind = '{}' AND id IN ({marks})",
        kind.as_str()
    );
    let mut values: Vec<Value> = vec![archived.into()];
    values.extend(ids.iter().map(|id| Value::from(*id)));
    tx.execute(&sql, values).await?;
    Ok(())
}
