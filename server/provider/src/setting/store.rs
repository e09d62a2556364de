//! Rows of `settings`.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use streamflow_kernel::{
    crypto::{self, DataKey, FieldRef},
    db::{NO_ORG, SystemDb},
    error::{Error, Result},
    kernel::KeyRing,
};
use uuid::Uuid;

use super::domain::{Definition, Value};

/// A row as it lies there.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Sealed {
    key: String,
    value: Vec<u8>,
    updated_at: DateTime<Utc>,
    version: i64,
}

/// What holds for a setting.
#[derive(Clone, Debug)]
pub struct InForce {
    pub value: Value,
    /// 0 while nobody has changed it.
    pub version: i64,
    pub updated_at: Option<DateTime<Utc>>,
    pub updated_by: String,
}

/// What is encrypted.
#[derive(Serialize, Deserialize)]
struct Kept {
    value: Value,
    by: String,
}

pub async fn settings(db: &SystemDb) -> Result<Vec<Sealed>> {
    db.query("SELECT key, value, updated_at, version FROM settings", vec![]).await
}

pub async fn setting(db: &SystemDb, definition: &Definition) -> Result<Option<Sealed>> {
    let sql = "SELECT key, value, updated_at, version FROM settings WHERE key = ?";
    let rows: Vec<Sealed> = db.query(sql, vec![definition.key.into()]).await?;
    Ok(rows.into_iter().next())
}

/// Asks for the key apart: no transaction may be open meanwhile.
pub async fn open(keys: &KeyRing, definition: &Definition, row: Option<Sealed>) -> Result<InForce> {
    let Some(row) = row else {
        return Ok(InForce { value: definition.default(), version: 0, updated_at: None, updated_by: String::new() });
    };
    let key = keys.of(NO_ORG, &row.value).await?;
    let plain = crypto::decrypt(&key, place(definition), &row.value).map_err(Error::internal)?;
    let Kept { value, by } = serde_json::from_slice(&plain).map_err(Error::internal)?;
    Ok(InForce { value, version: row.version, updated_at: Some(row.updated_at), updated_by: by })
}

/// The row of one setting among all.
pub fn of(rows: &[Sealed], definition: &Definition) -> Option<Sealed> {
    rows.iter().find(|row| row.key == definition.key).cloned()
}

/// False when it has another version than `seen` by now.
pub async fn update_setting(
    tx: &SystemDb,
    key: &DataKey,
    definition: &Definition,
    new: &InForce,
    now: DateTime<Utc>,
) -> Result<bool> {
    let kept = Kept { value: new.value.clone(), by: new.updated_by.clone() };
    let sealed = crypto::encrypt(key, place(definition), &serde_json::to_vec(&kept).map_err(Error::internal)?);
    let (sql, values) = if new.version == 1 {
        let sql = "INSERT INTO settings (key, value, updated_at, version) VALUES (?, ?, ?, 1) ON CONFLICT DO NOTHING";
        (sql, vec![definition.key.into(), sealed.into(), now.into()])
    } else {
        let sql = "UPDATE settings SET value = ?, updated_at = ?, version = version + 1 WHERE key = ? AND version = ?";
        (sql, vec![sealed.into(), now.into(), definition.key.into(), (new.version - 1).into()])
    };
    Ok(tx.execute(sql, values).await? == 1)
}

/// Rows are known by name; what is encrypted in one is bound to a number made of it.
fn place(definition: &Definition) -> FieldRef<'static> {
    let mut row = [0; 16];
    row.copy_from_slice(&Sha256::digest(definition.key.as_bytes())[..16]);
    FieldRef { org: NO_ORG, table: "settings", column: "value", row: Uuid::from_bytes(row) }
}
