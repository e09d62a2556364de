//! Rows of mailed codes: one an address and browser, so that only the newest that was asked for there is good.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use sha2::{Digest as _, Sha256};
use streamflow_kernel::{db::SystemDb, error::Result};
use uuid::Uuid;

use super::domain::{LIFE, MOST_TRIES};

pub struct NewCode<'a> {
    /// In its one form.
    pub email: &'a str,
    pub browser: &'a str,
    pub code_id: Uuid,
    pub mac: Vec<u8>,
    pub now: DateTime<Utc>,
}

/// Puts a code in the place of the one before.
pub async fn put(db: &SystemDb, new: NewCode<'_>) -> Result<()> {
    let sql = "INSERT INTO email_codes (key_hash, code_id, code_mac, sent_at, expires_at, tries) VALUES (?, ?, ?, ?, ?, 0) \
               ON CONFLICT (key_hash) DO UPDATE SET code_id = excluded.code_id, code_mac = excluded.code_mac, \
               sent_at = excluded.sent_at, expires_at = excluded.expires_at, tries = 0, used_at = NULL";
    let key = key(new.email, new.browser);
    let values = vec![key.into(), new.code_id.into(), new.mac.into(), new.now.into(), (new.now + LIFE).into()];
    db.execute(sql, values).await?;
    Ok(())
}

/// A code that is good as far as its row tells.
#[derive(Clone, FromQueryResult)]
pub struct Kept {
    pub code_id: Uuid,
    pub code_mac: Vec<u8>,
}

/// Takes one of the tries at a code, before anything is compared. None where no code is good.
pub async fn take_try(db: &SystemDb, email: &str, browser: &str, now: DateTime<Utc>) -> Result<Option<Kept>> {
    let sql = "UPDATE email_codes SET tries = tries + 1 WHERE key_hash = ? AND used_at IS NULL AND expires_at > ? AND tries < ? \
               RETURNING code_id, code_mac";
    let rows = db.query(sql, vec![key(email, browser).into(), now.into(), MOST_TRIES.into()]).await?;
    Ok(rows.into_iter().next())
}

/// False when it was used or replaced meanwhile; of two at once one gets true.
pub async fn use_up(db: &SystemDb, email: &str, browser: &str, code_id: Uuid, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE email_codes SET used_at = ? WHERE key_hash = ? AND code_id = ? AND used_at IS NULL";
    Ok(db.execute(sql, vec![now.into(), key(email, browser).into(), code_id.into()]).await? == 1)
}

/// Addresses hold no zero byte.
fn key(email: &str, browser: &str) -> Vec<u8> {
    Sha256::digest(format!("{email}\0{browser}")).to_vec()
}
