//! Rows of accounts, their second factors, reset links and known devices, and of who works where.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    crypto::{self, FieldRef},
    db::{NO_ORG, SystemDb},
    error::{Error, Result},
    kernel::KeyRing,
};
use uuid::Uuid;

#[derive(Clone, Debug, FromQueryResult)]
pub struct User {
    pub id: Uuid,
    pub email: String,
    pub display_name: String,
    /// PHC string.
    pub password_hash: String,
    /// Encrypted with the system's own data key.
    pub totp_secret: Option<Vec<u8>>,
    pub totp_confirmed_at: Option<DateTime<Utc>>,
    pub disabled_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, FromQueryResult)]
pub struct Membership {
    pub org_id: Uuid,
    pub user_id: Uuid,
    pub role: String,
}

const COLUMNS: &str = "id, email, display_name, password_hash, totp_secret, totp_confirmed_at, disabled_at";

pub async fn user_by_email(db: &SystemDb, email: &str) -> Result<Option<User>> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE email = ?");
    Ok(db.query(&sql, vec![email.into()]).await?.into_iter().next())
}

pub async fn user(db: &SystemDb, id: Uuid) -> Result<Option<User>> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE id = ?");
    Ok(db.query(&sql, vec![id.into()]).await?.into_iter().next())
}

pub struct NewUser<'a> {
    pub id: Uuid,
    pub email: &'a str,
    pub display_name: &'a str,
    pub password_hash: String,
    pub now: DateTime<Utc>,
}

pub async fn insert_user(db: &SystemDb, new: NewUser<'_>) -> Result<()> {
    let sql = "INSERT INTO users (id, email, display_name, password_hash, created_at) VALUES (?, ?, ?, ?, ?)";
    let values = vec![new.id.into(), new.email.into(), new.display_name.into(), new.password_hash.into(), new.now.into()];
    db.execute(sql, values).await?;
    Ok(())
}

pub async fn set_password_hash(db: &SystemDb, user_id: Uuid, hash: &str) -> Result<()> {
    db.execute("UPDATE users SET password_hash = ? WHERE id = ?", vec![hash.into(), user_id.into()]).await?;
    Ok(())
}

/// The company a sign-in leads to: the one joined first among those the person may still enter.
pub async fn first_membership(db: &SystemDb, user_id: Uuid) -> Result<Option<Membership>> {
    let sql = "SELECT org_id, user_id, role FROM memberships WHERE user_id = ? AND disabled_at IS NULL ORDER BY created_at, org_id LIMIT 1";
    Ok(db.query(sql, vec![user_id.into()]).await?.into_iter().next())
}

/// The authenticator secret in clear, if one was ever begun.
pub async fn totp_secret(keys: &KeyRing, user: &User) -> Result<Option<Vec<u8>>> {
    let Some(ciphertext) = &user.totp_secret else { return Ok(None) };
    let key = keys.of(NO_ORG, ciphertext).await?;
    let secret = crypto::decrypt(&key, secret_field(user.id), ciphertext).map_err(Error::internal)?;
    Ok(Some(secret.to_vec()))
}

/// Keeps a new secret; it counts once [`confirm_totp`] is called.
pub async fn set_totp_secret(db: &SystemDb, keys: &KeyRing, user_id: Uuid, secret: &[u8]) -> Result<()> {
    let key = keys.current(NO_ORG).await?;
    let ciphertext = crypto::encrypt(&key, secret_field(user_id), secret);
    let sql = "UPDATE users SET totp_secret = ?, totp_confirmed_at = NULL WHERE id = ?";
    db.execute(sql, vec![ciphertext.into(), user_id.into()]).await?;
    Ok(())
}

pub async fn confirm_totp(db: &SystemDb, user_id: Uuid, now: DateTime<Utc>) -> Result<()> {
    db.execute("UPDATE users SET totp_confirmed_at = ? WHERE id = ?", vec![now.into(), user_id.into()]).await?;
    Ok(())
}

const fn secret_field(user_id: Uuid) -> FieldRef<'static> {
    FieldRef { org: NO_ORG, table: "users", column: "totp_secret", row: user_id }
}

/// Replaces all recovery codes.
pub async fn replace_recovery_codes(db: &SystemDb, user_id: Uuid, hashes: Vec<Vec<u8>>) -> Result<()> {
    db.execute("DELETE FROM recovery_codes WHERE user_id = ?", vec![user_id.into()]).await?;
    for hash in hashes {
        db.execute("INSERT INTO recovery_codes (user_id, code_hash) VALUES (?, ?)", vec![user_id.into(), hash.into()]).await?;
    }
    Ok(())
}

/// Uses up a recovery code. False when it is unknown or used; two at once get one true.
pub async fn use_recovery_code(db: &SystemDb, user_id: Uuid, hash: Vec<u8>, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE recovery_codes SET used_at = ? WHERE user_id = ? AND code_hash = ? AND used_at IS NULL";
    Ok(db.execute(sql, vec![now.into(), user_id.into(), hash.into()]).await? == 1)
}

pub async fn insert_reset(db: &SystemDb, token_hash: Vec<u8>, user_id: Uuid, expires_at: DateTime<Utc>) -> Result<()> {
    let sql = "INSERT INTO password_resets (token_hash, user_id, expires_at) VALUES (?, ?, ?)";
    db.execute(sql, vec![token_hash.into(), user_id.into(), expires_at.into()]).await?;
    Ok(())
}

/// Uses up a reset link and says whose it was; every other link of that person ends with it.
pub async fn use_reset(db: &SystemDb, token_hash: Vec<u8>, now: DateTime<Utc>) -> Result<Option<Uuid>> {
    #[derive(FromQueryResult)]
    struct Row {
        user_id: Uuid,
    }
    let sql = "UPDATE password_resets SET used_at = ? WHERE token_hash = ? AND used_at IS NULL AND expires_at > ? RETURNING user_id";
    let rows: Vec<Row> = db.query(sql, vec![now.into(), token_hash.into(), now.into()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let sql = "UPDATE password_resets SET used_at = ? WHERE user_id = ? AND used_at IS NULL";
    db.execute(sql, vec![now.into(), row.user_id.into()]).await?;
    Ok(Some(row.user_id))
}

pub async fn insert_known_device(db: &SystemDb, user_id: Uuid, hash: Vec<u8>, now: DateTime<Utc>) -> Result<()> {
    let sql = "INSERT INTO known_devices (user_id, device_hash, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    db.execute(sql, vec![user_id.into(), hash.into(), now.into()]).await?;
    Ok(())
}

pub async fn is_known_device(db: &SystemDb, user_id: Uuid, hash: Vec<u8>) -> Result<bool> {
    #[derive(FromQueryResult)]
    struct Row {
        user_id: Uuid,
    }
    let sql = "SELECT user_id FROM known_devices WHERE user_id = ? AND device_hash = ?";
    let rows: Vec<Row> = db.query(sql, vec![user_id.into(), hash.into()]).await?;
    Ok(rows.iter().any(|row| row.user_id == user_id))
}
