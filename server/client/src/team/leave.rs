//! What somebody who is removed, or a team that is deleted, leaves behind: records without them. Each such record gets a new version
//! and a change, so that open pages and edits under way learn of it.

use sea_orm::Value;
use streamflow_kernel::{db::TenantDb, error::Result, feed::Actor};
use uuid::Uuid;

/// Entity name, table and the column that points at what goes.
type Place = (&'static str, &'static str, &'static str);

const OF_PEOPLE: [Place; 4] = [
    ("customer", "customers", "owner_id"),
    ("customer", "customers", "assignee_id"),
    ("lead", "leads", "owner_id"),
    ("lead", "leads", "assignee_id"),
];
const OF_TEAMS: [Place; 2] = [("customer", "customers", "team_id"), ("lead", "leads", "team_id")];

/// Takes a person off all records. Needs a transaction with the whole company in view.
pub async fn release_person(tx: &TenantDb, user_id: Uuid, actor: &Actor) -> Result<()> {
    release(tx, &OF_PEOPLE, user_id, actor).await
}

/// Takes a team off all records. Needs a transaction with the whole company in view.
pub async fn release_team(tx: &TenantDb, team_id: Uuid, actor: &Actor) -> Result<()> {
    release(tx, &OF_TEAMS, team_id, actor).await
}

/// The changes are written by the database, as there may be very many, for people who see the whole company or unassigned records.
async fn release(tx: &TenantDb, places: &[Place], id: Uuid, actor: &Actor) -> Result<()> {
    for (entity, table, column) in places {
        let sql = format!(
            "INSERT INTO changes (org_id, at, entity, id, version, op, actor_id, actor_name, fields, audience) \
             SELECT org_id, ?, '{entity}', id, version + 1, 'updated', ?, ?, '{column}', ? FROM {table} \
             WHERE org_id = {{org}} AND {column} = ?"
        );
        // Braces in the text itself would be read as a placeholder.
        let audience = Value::from("{}");
        tx.execute(&sql, vec![actor.at.into(), actor.id.into(), actor.name.clone().into(), audience, id.into()]).await?;
        let sql = format!(
            "UPDATE {table} SET {column} = NULL, version = version + 1, updated_at = ? WHERE org_id = {{org}} AND {column} = ?"
        );
        tx.execute(&sql, vec![actor.at.into(), id.into()]).await?;
        let column_of_search = format!("UPDATE search_entries SET {column} = NULL WHERE org_id = {{org}} AND {column} = ?");
        tx.execute(&column_of_search, vec![id.into()]).await?;
    }
    Ok(())
}
