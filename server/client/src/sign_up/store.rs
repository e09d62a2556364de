//! Rows of sign-ups.

use chrono::{DateTime, Utc};
use streamflow_kernel::{db::SystemDb, error::Result};
use uuid::Uuid;

use super::domain::{Beginner, SignUp};

const SELECT: &str = "SELECT id, email, display_name, password_hash FROM sign_ups";

pub async fn insert_sign_up(
    db: &SystemDb,
    id: Uuid,
    beginner: &Beginner,
    token_hash: Vec<u8>,
    (now, ends): (DateTime<Utc>, DateTime<Utc>),
) -> Result<()> {
    let sql = "INSERT INTO sign_ups (id, token_hash, email, display_name, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)";
    let (email, name) = (beginner.email.as_str(), beginner.display_name.as_str());
    db.execute(sql, vec![id.into(), token_hash.into(), email.into(), name.into(), now.into(), ends.into()]).await?;
    Ok(())
}

/// The sign-up of a link that is good.
pub async fn by_token(db: &SystemDb, token_hash: Vec<u8>, now: DateTime<Utc>) -> Result<Option<SignUp>> {
    let sql = format!("{SELECT} WHERE token_hash = ? AND used_at IS NULL AND expires_at > ?");
    Ok(db.query(&sql, vec![token_hash.into(), now.into()]).await?.into_iter().next())
}

/// The sign-up of a secret, used or not: whoever used it may ask again what came of it.
pub async fn by_set_up(db: &SystemDb, set_up_hash: Vec<u8>, now: DateTime<Utc>) -> Result<Option<SignUp>> {
    let sql = format!("{SELECT} WHERE set_up_hash = ? AND expires_at > ?");
    Ok(db.query(&sql, vec![set_up_hash.into(), now.into()]).await?.into_iter().next())
}

/// Gives a sign-up its password and secret, in place of those before. False when it was used meanwhile.
pub async fn confirm(db: &SystemDb, id: Uuid, password_hash: &str, set_up_hash: Vec<u8>, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE sign_ups SET password_hash = ?, set_up_hash = ?, confirmed_at = ? WHERE id = ? AND used_at IS NULL";
    let values = vec![password_hash.into(), set_up_hash.into(), now.into(), id.into()];
    Ok(db.execute(sql, values).await? == 1)
}

/// False when it was used before.
pub async fn use_up(db: &SystemDb, id: Uuid, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE sign_ups SET used_at = ?, password_hash = '' WHERE id = ? AND used_at IS NULL AND confirmed_at IS NOT NULL";
    Ok(db.execute(sql, vec![now.into(), id.into()]).await? == 1)
}
