//! The pieces of an uploaded file, which is never in memory as a whole.

use sea_orm::FromQueryResult;
use streamflow_kernel::{db::TenantDb, error::Result};
use uuid::Uuid;

#[derive(FromQueryResult)]
struct Piece {
    data: Vec<u8>,
}

/// The piece that begins at `offset`, if there is one.
pub async fn chunk(tx: &TenantDb, import_id: Uuid, offset: i64) -> Result<Option<Vec<u8>>> {
    let sql = r#"SELECT data FROM import_chunks WHERE org_id = {org} AND import_id = ? AND "offset" = ?"#;
    let pieces: Vec<Piece> = tx.query(sql, vec![import_id.into(), offset.into()]).await?;
    Ok(pieces.into_iter().next().map(|piece| piece.data))
}

pub async fn insert_chunk(tx: &TenantDb, import_id: Uuid, offset: i64, data: Vec<u8>) -> Result<()> {
    let sql = r#"INSERT INTO import_chunks (org_id, import_id, "offset", data) VALUES ({org}, ?, ?, ?)"#;
    tx.execute(sql, vec![import_id.into(), offset.into(), data.into()]).await?;
    Ok(())
}

/// Forgets the file.
pub async fn delete_chunks(tx: &TenantDb, import_id: Uuid) -> Result<()> {
    let sql = "DELETE FROM import_chunks WHERE org_id = {org} AND import_id = ?";
    tx.execute(sql, vec![import_id.into()]).await?;
    Ok(())
}
