//! What hangs on records: what people have tied to them, and what goes with them.

use std::collections::HashSet;

use sea_orm::{FromQueryResult, Value};
use streamflow_kernel::{db::TenantDb, error::Result};
use uuid::Uuid;

use crate::{
    import::effects::{Effect, ids},
    record::kind::Kind,
};

#[derive(FromQueryResult)]
struct Used {
    id: Uuid,
}

/// Records of these effects that people have tied something to: contacts of their own, leads, tasks, notes, files, private fields.
pub async fn used(tx: &TenantDb, effects: &[Effect]) -> Result<HashSet<Uuid>> {
    let values = |kind: Kind| ids(effects, kind).into_iter().map(Value::from).collect::<Vec<Value>>();
    let (customers, contacts) = (values(Kind::Customer), values(Kind::Contact));
    let all: Vec<Value> = customers.iter().chain(&contacts).cloned().chain(values(Kind::Lead)).collect();
    let mut used = HashSet::new();
    // Contacts that go with their customer are not somebody's own.
    let own = if contacts.is_empty() { String::new() } else { format!(" AND id NOT IN ({})", marks(contacts.len())) };
    let questions = [
        (
            format!("SELECT customer_id AS id FROM contacts WHERE org_id = {{org}} AND customer_id IN (#){own}"),
            &customers,
            contacts.as_slice(),
        ),
        ("SELECT customer_id AS id FROM leads WHERE org_id = {org} AND customer_id IN (#)".to_owned(), &customers, &[]),
        (
            "SELECT customer_id AS id FROM customer_privates WHERE org_id = {org} AND customer_id IN (#)".to_owned(),
            &customers,
            &[],
        ),
        ("SELECT record_id AS id FROM tasks WHERE org_id = {org} AND record_id IN (#)".to_owned(), &all, &[]),
        (
            "SELECT record_id AS id FROM timeline WHERE org_id = {org} AND record_kind IN ('customer', 'contact', 'lead') \
             AND kind = 'note' AND record_id IN (#)"
                .to_owned(),
            &all,
            &[],
        ),
        // Those on their way too, and those that were deleted and can be brought back still.
        (
            "SELECT record_id AS id FROM attachments WHERE org_id = {org} AND record_kind IN ('customer', 'contact', 'lead') \
             AND record_id IN (#)"
                .to_owned(),
            &all,
            &[],
        ),
    ];
    for (sql, ids, rest) in questions {
        if ids.is_empty() {
            continue;
        }
        let values = ids.iter().chain(rest).cloned().collect();
        let rows: Vec<Used> = tx.query(&sql.replace('#', &marks(ids.len())), values).await?;
        used.extend(rows.into_iter().map(|row| row.id));
    }
    Ok(used)
}

/// Deletes records with their events and search entries.
pub async fn delete(tx: &TenantDb, kind: Kind, ids: &[Uuid]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let (name, marks) = (kind.as_str(), marks(ids.len()));
    let table = format!("{name}s");
    for sql in [
        format!("DELETE FROM timeline WHERE org_id = {{org}} AND record_kind = '{name}' AND record_id IN ({marks})"),
        format!("DELETE FROM search_entries WHERE org_id = {{org}} AND kind = '{name}' AND id IN ({marks})"),
        format!("DELETE FROM {table} WHERE org_id = {{org}} AND id IN ({marks})"),
    ] {
        tx.execute(&sql, ids.iter().map(|id| (*id).into()).collect()).await?;
    }
    Ok(())
}

fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}
