//! Fills the SQLite file in one transaction. Nothing is analysed or optimised that the server would not do by itself.

use anyhow::Result;
use chrono::SecondsFormat;
use sea_orm::{ConnectionTrait as _, DatabaseConnection};

use super::{Cell, Row, Rows, Size, all};

/// Rows of one INSERT.
const BATCH: usize = 200;

pub async fn fill(writer: &DatabaseConnection, size: Size) -> Result<()> {
    writer.execute_unprepared("BEGIN").await?;
    for Rows { table, columns, mut rows } in all(size).await? {
        loop {
            let batch: Vec<String> = rows.by_ref().take(BATCH).map(|row| tuple(&row)).collect();
            if batch.is_empty() {
                break;
            }
            writer.execute_unprepared(&format!("INSERT INTO {table} ({columns}) VALUES {}", batch.join(", "))).await?;
        }
    }
    writer.execute_unprepared("COMMIT").await?;
    writer.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await?;
    Ok(())
}

fn tuple(row: &Row) -> String {
    let cells: Vec<String> = row.iter().map(literal).collect();
    format!("({})", cells.join(", "))
}

/// As sqlx writes it: ids are blobs, times are text.
fn literal(cell: &Cell) -> String {
    let hex = |bytes: &[u8]| format!("x'{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    match cell {
        Cell::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Cell::Uuid(id) => hex(id.as_bytes()),
        Cell::Int(number) => number.to_string(),
        Cell::Bool(flag) => i32::from(*flag).to_string(),
        Cell::Bytes(bytes) => hex(bytes),
        Cell::Time(time) => format!("'{}'", time.to_rfc3339_opts(SecondsFormat::AutoSi, false)),
    }
}
