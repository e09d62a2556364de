//! The other arm on SQLite: the same statements on bare connections in this process, without a server, sessions or the network.

use std::sync::Arc;

use anyhow::{Result, ensure};
use chrono::Utc;
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait as _, Value,
};
use uuid::Uuid;

use super::Bench;
use crate::{
    data::{self, Noun},
    load::{Tally, call::PAGE, closed, scatter, script::drawn_org},
    machine::Meter,
    server::Place,
};

/// Connections that read at once: one for each core.
const READERS: u32 = 2;

/// The file of the client system, with the settings that keep acknowledged writes.
pub async fn connect(place: &Place, connections: u32) -> Result<DatabaseConnection> {
    let path = place.data.join("client.db");
    if connections == 1 {
        return streamflow_kernel::db::connect::sqlite_writer(&path).await.map_err(|error| anyhow::anyhow!("{error:?}"));
    }
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=ro", path.display()));
    options.max_connections(connections).min_connections(connections).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

const LIST: &str = "SELECT org_id, id, version, number, name, sort_name, kind, email, phone, website, street, postal_code, city, region, country, \
    owner_id, assignee_id, team_id, tags, external_id, source, note, main_contact_name, created_at, updated_at, archived_at \
    FROM customers WHERE org_id = ? AND archived_at IS NULL ORDER BY sort_name, id LIMIT ?";

fn statement(sql: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}

pub async fn lists(bench: &Bench<'_>) -> Result<Tally> {
    let reader = connect(&bench.place, READERS).await?;
    let size = bench.size;
    let pool = reader.clone();
    let once = move |worker: usize, turn: u64| {
        let pool = pool.clone();
        async move {
            let org = data::id(Noun::Org, drawn_org(size, turn << 4 | worker as u64));
            let rows = pool.query_all_raw(statement(LIST, vec![org.into(), (PAGE as i64 + 1).into()])).await?;
            ensure!(rows.len() == PAGE + 1, "{} rows", rows.len());
            Ok(())
        }
    };
    let tally = closed(READERS as usize, bench.options.warm_up() / 2, bench.options.turn(), &Meter::default(), once).await?;
    reader.close().await?;
    Ok(tally)
}

/// One after the other, as SQLite has one writer.
pub async fn updates(bench: &Bench<'_>) -> Result<Tally> {
    let writer = Arc::new(connect(&bench.place, 1).await?);
    let size = bench.size;
    let pool = Arc::clone(&writer);
    let once = move |_: usize, turn: u64| {
        let pool = Arc::clone(&pool);
        async move {
            let customer = 2 * (1 + u32::try_from(scatter(turn) % u64::from(size.customers / 2))?);
            edit(&pool, size.org_of(customer), customer, turn).await
        }
    };
    let tally = closed(1, bench.options.warm_up() / 2, bench.options.turn(), &Meter::default(), once).await?;
    drop(writer);
    Ok(tally)
}

/// What an edit of a customer's note writes.
async fn edit(pool: &DatabaseConnection, org: u32, customer: u32, turn: u64) -> Result<()> {
    let (org, actor, customer) = (data::id(Noun::Org, org), data::id(Noun::Owner, org), data::id(Noun::Customer, customer));
    let (now, event, record) = (Utc::now(), Uuid::now_v7(), Uuid::now_v7());
    let note = format!("Rang at {turn}, will call back");
    // The server writes beside us now and then; a transaction that begins by reading could not become a writer.
    let options =
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..TransactionOptions::default() };
    let tx = pool.begin_with_options(options).await?;
    let read = format!("{} AND id = ?", LIST.split(" AND archived_at").next().unwrap_or_default());
    tx.query_one_raw(statement(&read, vec![org.into(), customer.into()])).await?;
    let sql =
        "UPDATE customers SET note = ?, version = version + 1, updated_at = ? WHERE org_id = ? AND id = ? RETURNING version";
    tx.query_one_raw(statement(sql, vec![note.clone().into(), now.into(), org.into(), customer.into()])).await?;
    let sql = "INSERT INTO timeline (org_id, id, at, record_kind, record_id, kind, actor_id, actor_name, changes, text) \
               VALUES (?, ?, ?, 'customer', ?, 'edited', ?, 'Olive Owner', ?, '')";
    let changes = format!("[{{\"field\":\"note\",\"before\":\"\",\"after\":\"{note}\"}}]");
    tx.execute_raw(statement(sql, vec![org.into(), event.into(), now.into(), customer.into(), actor.into(), changes.into()]))
        .await?;
    let sql = "INSERT INTO audit (org_id, id, at, actor_id, actor_name, actor_role, ip, path, category, outcome, correlation_id, payload, entity, \
               entity_id, changed_fields) VALUES (?, ?, ?, ?, 'Olive Owner', 'OWNER', '127.0.0.1', 'bench', 'record', 'OK', ?, '{}', 'customer', ?, 'note')";
    let values = vec![org.into(), record.into(), now.into(), actor.into(), record.simple().to_string().into(), customer.into()];
    tx.execute_raw(statement(sql, values)).await?;
    let sql = "INSERT INTO changes (org_id, at, entity, id, version, op, actor_id, actor_name, fields, audience) \
               VALUES (?, ?, 'customer', ?, 2, 'updated', ?, 'Olive Owner', 'note', '{}')";
    tx.execute_raw(statement(sql, vec![org.into(), now.into(), customer.into(), actor.into()])).await?;
    tx.commit().await?;
    Ok(())
}
