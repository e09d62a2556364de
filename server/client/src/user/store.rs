//! Rows of accounts, their second factors and reset links, and of who works where.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    crypto::{self, FieldRef},
    db::{Backend, NO_ORG, SystemDb},
    error::{Error, Result},
    kernel::KeyRing,
};
use uuid::Uuid;

use super::domain::needs_second_factor;

#[derive(Clone, Debug, FromQueryResult)]
pub struct User {
    pub id: Uuid,
    pub email: String,
    pub display_name: String,
    /// PHC string.
    pub password_hash: String,
    /// Encrypted with the system's own data key.
    pub totp_secret: Option<Vec<u8>>,
    /// The one being set up, encrypted in the same way.
    pub totp_pending: Option<Vec<u8>>,
    pub totp_confirmed_at: Option<DateTime<Utc>>,
    pub disabled_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, FromQueryResult)]
pub struct Membership {
    pub org_id: Uuid,
    pub user_id: Uuid,
    pub role: String,
    /// The company asks a second factor of everybody.
    second_factor_required: bool,
}

impl Membership {
    pub fn needs_second_factor(&self) -> bool {
        needs_second_factor(&self.role, self.second_factor_required)
    }
}

const COLUMNS: &str = "id, email, display_name, password_hash, totp_secret, totp_pending, totp_confirmed_at, disabled_at";

/// Columns of authenticator secrets, as a ciphertext is bound to them.
pub const IN_USE: &str = "totp_secret";
pub const PENDING: &str = "totp_pending";

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

/// False when the address has an account already.
pub async fn insert_user(db: &SystemDb, new: NewUser<'_>) -> Result<bool> {
    let sql = "INSERT INTO users (id, email, display_name, password_hash, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (email) DO NOTHING";
    let values = vec![new.id.into(), new.email.into(), new.display_name.into(), new.password_hash.into(), new.now.into()];
    Ok(db.execute(sql, values).await? == 1)
}

/// Every company a person belongs to, with the version of the membership.
pub async fn memberships(db: &SystemDb, user_id: Uuid) -> Result<Vec<(Uuid, i64)>> {
    #[derive(FromQueryResult)]
    struct Row {
        org_id: Uuid,
        version: i64,
    }
    let sql = "SELECT org_id, version FROM memberships WHERE user_id = ? ORDER BY org_id";
    let rows: Vec<Row> = db.query(sql, vec![user_id.into()]).await?;
    Ok(rows.into_iter().map(|row| (row.org_id, row.version)).collect())
}

/// Who is told what concerns a company as a whole.
pub async fn owners(db: &SystemDb, org: Uuid) -> Result<Vec<Uuid>> {
    #[derive(FromQueryResult)]
    struct Owner {
        user_id: Uuid,
    }
    let sql = "SELECT user_id FROM memberships WHERE org_id = ? AND role = 'OWNER' AND disabled_at IS NULL";
    let owners: Vec<Owner> = db.query(sql, vec![org.into()]).await?;
    Ok(owners.into_iter().map(|owner| owner.user_id).collect())
}

/// Sets a new password. An authenticator that was begun with the one before is begun no more: whoever knew that one knows its secret.
pub async fn set_password_hash(db: &SystemDb, user_id: Uuid, hash: &str) -> Result<()> {
    let sql = "UPDATE users SET password_hash = ?, totp_pending = NULL WHERE id = ?";
    db.execute(sql, vec![hash.into(), user_id.into()]).await?;
    Ok(())
}

/// Replaces a hash by a better one of the same password, unless the password was changed meanwhile.
pub async fn rehash_password(db: &SystemDb, user: &User, hash: &str) -> Result<()> {
    let sql = "UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?";
    db.execute(sql, vec![hash.into(), user.id.into(), user.password_hash.as_str().into()]).await?;
    Ok(())
}

/// The company a sign-in leads to, of those the person may still enter: the one entered last, as far as sessions are kept, or else the
/// one joined first.
pub async fn usual_membership(db: &SystemDb, user_id: Uuid) -> Result<Option<Membership>> {
    let sql = "SELECT org_id, user_id, role, second_factor_required FROM (SELECT m.org_id, m.user_id, m.role, m.created_at, \
               o.second_factor_required, \
               (SELECT MAX(s.created_at) FROM sessions s WHERE s.user_id = m.user_id AND s.org_id = m.org_id) AS entered_at \
               FROM memberships m JOIN orgs o ON o.id = m.org_id WHERE m.user_id = ? AND m.disabled_at IS NULL) AS mine \
               ORDER BY entered_at IS NULL, entered_at DESC, created_at, org_id LIMIT 1";
    Ok(db.query(sql, vec![user_id.into()]).await?.into_iter().next())
}

/// A company of a person, and what they are there.
#[derive(Clone, Debug, FromQueryResult)]
pub struct PersonOrg {
    pub org_id: Uuid,
    pub tenant_id: String,
    pub name: String,
    pub role: String,
    pub suspended: bool,
}

const PERSON_ORGS: &str = "SELECT o.id AS org_id, o.tenant_id, o.name, m.role, o.suspended_at IS NOT NULL AS suspended \
                           FROM memberships m JOIN orgs o ON o.id = m.org_id WHERE m.user_id = ? AND m.disabled_at IS NULL";

/// The companies a person may enter, by name.
pub async fn person_orgs(db: &SystemDb, user_id: Uuid) -> Result<Vec<PersonOrg>> {
    db.query(&format!("{PERSON_ORGS} ORDER BY lower(o.name), o.id LIMIT 200"), vec![user_id.into()]).await
}

/// The person and what they are in one of their companies, as both stay until the transaction ends: whoever changes the role or ends
/// the person's sessions comes before it or after it. None for somebody who may not enter.
pub async fn held(db: &SystemDb, user_id: Uuid, org: Uuid) -> Result<Option<(User, Membership)>> {
    let [lock, lock_membership] = if db.backend() == Backend::Postgres { [" FOR SHARE", " FOR SHARE OF m"] } else { [""; 2] };
    let sql = format!("SELECT {COLUMNS} FROM users WHERE id = ? AND disabled_at IS NULL{lock}");
    let users: Vec<User> = db.query(&sql, vec![user_id.into()]).await?;
    // The company is not held: what it asks for is looked at again at each request of the session that is made now.
    let sql = format!(
        "SELECT m.org_id, m.user_id, m.role, o.second_factor_required FROM memberships m JOIN orgs o ON o.id = m.org_id \
         WHERE m.org_id = ? AND m.user_id = ? AND m.disabled_at IS NULL{lock_membership}"
    );
    let memberships: Vec<Membership> = db.query(&sql, vec![org.into(), user_id.into()]).await?;
    Ok(users.into_iter().next().zip(memberships.into_iter().next()))
}

/// One of them.
pub async fn person_org(db: &SystemDb, user_id: Uuid, tenant_id: &str) -> Result<Option<PersonOrg>> {
    let rows = db.query(&format!("{PERSON_ORGS} AND o.tenant_id = ?"), vec![user_id.into(), tenant_id.into()]).await?;
    Ok(rows.into_iter().next())
}

/// The authenticator secret in clear, if one was ever begun.
pub async fn totp_secret(keys: &KeyRing, user: &User) -> Result<Option<Vec<u8>>> {
    let Some(ciphertext) = &user.totp_secret else { return Ok(None) };
    let key = keys.of(NO_ORG, ciphertext).await?;
    let secret = crypto::decrypt(&key, secret_field(user.id, IN_USE), ciphertext).map_err(Error::internal)?;
    Ok(Some(secret.to_vec()))
}

/// The secret being set up, in clear.
pub async fn pending_totp(keys: &KeyRing, user: &User) -> Result<Option<Vec<u8>>> {
    let Some(ciphertext) = &user.totp_pending else { return Ok(None) };
    let key = keys.of(NO_ORG, ciphertext).await?;
    let secret = crypto::decrypt(&key, secret_field(user.id, PENDING), ciphertext).map_err(Error::internal)?;
    Ok(Some(secret.to_vec()))
}

/// A secret as one of the two columns keeps it.
pub async fn seal_totp(keys: &KeyRing, user_id: Uuid, column: &'static str, secret: &[u8]) -> Result<Vec<u8>> {
    let key = keys.current(NO_ORG).await?;
    Ok(crypto::encrypt(&key, secret_field(user_id, column), secret))
}

/// Begins an enrolment: the secret in use, if any, stays good until the new one is confirmed. False when another one was confirmed
/// since the person was read: what was asked for then does not hold for it.
pub async fn set_pending_totp(db: &SystemDb, user: &User, sealed: Vec<u8>) -> Result<bool> {
    let sql = "UPDATE users SET totp_pending = ? WHERE id = ? AND totp_confirmed_at IS NOT DISTINCT FROM ?";
    Ok(db.execute(sql, vec![sealed.into(), user.id.into(), user.totp_confirmed_at.into()]).await? == 1)
}

/// The new secret takes over.
pub async fn confirm_totp(db: &SystemDb, user_id: Uuid, sealed: Vec<u8>, now: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE users SET totp_secret = ?, totp_pending = NULL, totp_confirmed_at = ? WHERE id = ?";
    db.execute(sql, vec![sealed.into(), now.into(), user_id.into()]).await?;
    Ok(())
}

const fn secret_field(user_id: Uuid, column: &'static str) -> FieldRef<'static> {
    FieldRef { org: NO_ORG, table: "users", column, row: user_id }
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

/// Ends every reset link of a person.
pub async fn end_resets(db: &SystemDb, user_id: Uuid, now: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE password_resets SET used_at = ? WHERE user_id = ? AND used_at IS NULL";
    db.execute(sql, vec![now.into(), user_id.into()]).await?;
    Ok(())
}

/// Whose live reset link this is.
pub async fn reset_holder(db: &SystemDb, token_hash: Vec<u8>, now: DateTime<Utc>) -> Result<Option<User>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM users WHERE disabled_at IS NULL AND id = \
         (SELECT user_id FROM password_resets WHERE token_hash = ? AND used_at IS NULL AND expires_at > ?)"
    );
    Ok(db.query(&sql, vec![token_hash.into(), now.into()]).await?.into_iter().next())
}

/// Holds the person until the transaction ends.
pub async fn hold(db: &SystemDb, user_id: Uuid) -> Result<()> {
    if db.backend() == Backend::Postgres {
        db.execute("SELECT 1 FROM users WHERE id = ? FOR UPDATE", vec![user_id.into()]).await?;
    }
    Ok(())
}

/// Uses up a reset link and says whose it was; every other link of that person ends with it.
pub async fn use_reset(db: &SystemDb, token_hash: Vec<u8>, now: DateTime<Utc>) -> Result<Option<Uuid>> {
    #[derive(FromQueryResult)]
    struct Row {
        user_id: Uuid,
    }
    let sql =
        "UPDATE password_resets SET used_at = ? WHERE token_hash = ? AND used_at IS NULL AND expires_at > ? RETURNING user_id";
    let rows: Vec<Row> = db.query(sql, vec![now.into(), token_hash.into(), now.into()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    end_resets(db, row.user_id, now).await?;
    Ok(Some(row.user_id))
}
