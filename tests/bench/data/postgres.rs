//! Fills PostgreSQL by COPY, as superuser: row policies and foreign keys would be checked row by row.

use anyhow::{Context as _, Result};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, FromQueryResult, Statement,
    sqlx::{Connection as _, PgConnection},
};

use super::{Cell, Row, Rows, Size, all};

/// Bytes sent at once.
const CHUNK: usize = 1 << 20;

/// The index that is dear to fill row by row and cheap to make at once.
const TRIGRAMS: &str = "search_entries_trigrams";

pub async fn fill(url: &str, admin: &DatabaseConnection, size: Size) -> Result<()> {
    let trigrams = index_definition(admin).await?;
    admin.execute_unprepared(&format!("DROP INDEX client.{TRIGRAMS}")).await?;
    let mut connection = PgConnection::connect(url).await?;
    sea_orm::sqlx::query("SET session_replication_role = replica").execute(&mut connection).await?;
    for rows in all(size).await? {
        copy(&mut connection, rows).await?;
    }
    connection.close().await?;
    admin.execute_unprepared(&trigrams).await?;
    admin.execute_unprepared("VACUUM ANALYZE").await?;
    admin.execute_unprepared("CHECKPOINT").await?;
    Ok(())
}

async fn index_definition(admin: &DatabaseConnection) -> Result<String> {
    #[derive(FromQueryResult)]
    struct Definition {
        indexdef: String,
    }
    let sql = format!("SELECT indexdef FROM pg_indexes WHERE schemaname = 'client' AND indexname = '{TRIGRAMS}'");
    let row =
        admin.query_one_raw(Statement::from_string(admin.get_database_backend(), sql)).await?.context("no trigram index")?;
    Ok(Definition::from_query_result(&row, "")?.indexdef)
}

async fn copy(connection: &mut PgConnection, rows: Rows) -> Result<()> {
    let Rows { table, columns, rows } = rows;
    let mut sink = connection.copy_in_raw(&format!("COPY client.{table} ({columns}) FROM STDIN")).await?;
    let mut chunk = String::with_capacity(CHUNK + 4_096);
    for row in rows {
        line(&mut chunk, &row);
        if chunk.len() >= CHUNK {
            sink.send(chunk.as_bytes()).await?;
            chunk.clear();
        }
    }
    sink.send(chunk.as_bytes()).await?;
    sink.finish().await?;
    Ok(())
}

/// One row in COPY's text format.
fn line(out: &mut String, row: &Row) {
    for (at, cell) in row.iter().enumerate() {
        if at > 0 {
            out.push('\t');
        }
        match cell {
            Cell::Text(text) => out.push_str(&text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n")),
            Cell::Uuid(id) => out.push_str(&id.to_string()),
            Cell::Int(number) => out.push_str(&number.to_string()),
            Cell::Bool(flag) => out.push(if *flag { 't' } else { 'f' }),
            Cell::Bytes(bytes) => {
                out.push_str("\\\\x");
                out.extend(bytes.iter().map(|byte| format!("{byte:02x}")));
            }
            Cell::Time(time) => out.push_str(&time.to_rfc3339()),
        }
    }
    out.push('\n');
}
