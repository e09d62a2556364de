//! Rows of `admins`.

use chrono::{DateTime, Utc};
use sea_orm::{FromQueryResult, Value};
use streamflow_kernel::{
    crypto::{self, BlindIndex, DataKey, FieldRef},
    db::{NO_ORG, SystemDb},
    error::{Error, Result},
    kernel::KeyRing,
};
use uuid::Uuid;

use super::domain::Admin;

/// A row as it lies there.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Sealed {
    pub id: Uuid,
    email: Vec<u8>,
    display_name: Vec<u8>,
    password_hash: Vec<u8>,
    totp_secret: Vec<u8>,
    role: String,
    state: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    version: i64,
}

const COLUMNS: &str = "id, email, display_name, password_hash, totp_secret, role, state, created_at, updated_at, version";

impl Sealed {
    /// Asks for the key apart: no transaction may be open meanwhile.
    pub async fn open(self, keys: &KeyRing) -> Result<Admin> {
        Ok(Admin {
            email: self.text(keys, "email", &self.email).await?,
            display_name: self.text(keys, "display_name", &self.display_name).await?,
            password_hash: self.text(keys, "password_hash", &self.password_hash).await?,
            totp_secret: self.plain(keys, "totp_secret", &self.totp_secret).await?,
            id: self.id,
            role: self.role,
            state: self.state,
            created_at: self.created_at,
            updated_at: self.updated_at,
            version: self.version,
        })
    }

    async fn text(&self, keys: &KeyRing, column: &'static str, bytes: &[u8]) -> Result<String> {
        String::from_utf8(self.plain(keys, column, bytes).await?).map_err(Error::internal)
    }

    async fn plain(&self, keys: &KeyRing, column: &'static str, bytes: &[u8]) -> Result<Vec<u8>> {
        if bytes.is_empty() {
            return Ok(Vec::new());
        }
        let key = keys.of(NO_ORG, bytes).await?;
        Ok(crypto::decrypt(&key, place(self.id, column), bytes).map_err(Error::internal)?.to_vec())
    }
}

const fn place(id: Uuid, column: &'static str) -> FieldRef<'static> {
    FieldRef { org: NO_ORG, table: "admins", column, row: id }
}

fn sealed(key: &DataKey, id: Uuid, column: &'static str, plain: &[u8]) -> Value {
    if plain.is_empty() { Vec::<u8>::new().into() } else { crypto::encrypt(key, place(id, column), plain).into() }
}

/// Lets one change of the people wait for the other: rules about all of them hold across transactions.
pub async fn lock(tx: &SystemDb) -> Result<()> {
    let sql = "UPDATE settings SET version = version + 1 WHERE key = ?";
    tx.execute(sql, vec![INDEX_KEY.into()]).await?;
    Ok(())
}

pub async fn admins(db: &SystemDb) -> Result<Vec<Sealed>> {
    db.query(&format!("SELECT {COLUMNS} FROM admins ORDER BY created_at, id"), vec![]).await
}

pub async fn admin(db: &SystemDb, id: Uuid) -> Result<Option<Sealed>> {
    one(db, "id = ?", vec![id.into()]).await
}

pub async fn by_email(db: &SystemDb, index: &BlindIndex, email: &str) -> Result<Option<Sealed>> {
    one(db, "email_index = ?", vec![index.of(email).into()]).await
}

/// Whose link it is, while it is good.
pub async fn by_link(db: &SystemDb, hash: Vec<u8>, now: DateTime<Utc>) -> Result<Option<Sealed>> {
    one(db, "setup_hash = ? AND setup_expires_at > ? AND state = 'INVITED'", vec![hash.into(), now.into()]).await
}

async fn one(db: &SystemDb, condition: &str, values: Vec<Value>) -> Result<Option<Sealed>> {
    let rows: Vec<Sealed> = db.query(&format!("SELECT {COLUMNS} FROM admins WHERE {condition}"), values).await?;
    Ok(rows.into_iter().next())
}

/// Whether somebody else is an active administrator.
pub async fn has_other_admin(db: &SystemDb, id: Uuid) -> Result<bool> {
    let condition = "id <> ? AND role = 'ADMIN' AND state = 'ACTIVE' ORDER BY id LIMIT 1";
    Ok(one(db, condition, vec![id.into()]).await?.is_some())
}

/// A link to choose a password and enrol an authenticator.
#[derive(Clone, Debug)]
pub struct Link {
    pub hash: Vec<u8>,
    pub expires_at: DateTime<Utc>,
}

/// False when the address, or the person, is there already.
pub async fn insert_admin(tx: &SystemDb, key: &DataKey, index: &BlindIndex, admin: &Admin, link: Option<Link>) -> Result<bool> {
    let sql = "INSERT INTO admins (id, email_index, email, display_name, password_hash, totp_secret, role, state, setup_hash, \
               setup_expires_at, created_at, updated_at, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
    let (hash, expires_at) = link.map(|link| (link.hash, link.expires_at)).unzip();
    let values = vec![
        admin.id.into(),
        index.of(&admin.email).into(),
        sealed(key, admin.id, "email", admin.email.as_bytes()),
        sealed(key, admin.id, "display_name", admin.display_name.as_bytes()),
        sealed(key, admin.id, "password_hash", admin.password_hash.as_bytes()),
        sealed(key, admin.id, "totp_secret", &admin.totp_secret),
        admin.role.clone().into(),
        admin.state.clone().into(),
        hash.into(),
        expires_at.into(),
        admin.created_at.into(),
        admin.updated_at.into(),
        admin.version.into(),
    ];
    Ok(tx.execute(sql, values).await? == 1)
}

/// Name and role. False when the row has another version by now.
pub async fn update_admin(tx: &SystemDb, key: &DataKey, admin: &Admin, seen: i64) -> Result<bool> {
    let sql = "UPDATE admins SET display_name = ?, role = ?, updated_at = ?, version = version + 1 WHERE id = ? AND version = ?";
    let name = sealed(key, admin.id, "display_name", admin.display_name.as_bytes());
    let values = vec![name, admin.role.clone().into(), admin.updated_at.into(), admin.id.into(), seen.into()];
    Ok(tx.execute(sql, values).await? == 1)
}

/// Nobody signs in as this person any more, nor through a link.
pub async fn disable_admin(tx: &SystemDb, id: Uuid, seen: i64, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE admins SET state = 'DISABLED', setup_hash = NULL, setup_expires_at = NULL, updated_at = ?, \
               version = version + 1 WHERE id = ? AND version = ?";
    Ok(tx.execute(sql, vec![now.into(), id.into(), seen.into()]).await? == 1)
}

/// Takes password and authenticator away; the link gives new ones.
pub async fn reset_admin(tx: &SystemDb, id: Uuid, seen: i64, link: Link, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE admins SET state = 'INVITED', password_hash = ?, totp_secret = ?, setup_hash = ?, setup_expires_at = ?, \
               updated_at = ?, version = version + 1 WHERE id = ? AND version = ?";
    let none = || Value::from(Vec::<u8>::new());
    let values = vec![none(), none(), link.hash.into(), link.expires_at.into(), now.into(), id.into(), seen.into()];
    Ok(tx.execute(sql, values).await? == 1)
}

/// The authenticator that is being enrolled.
pub async fn keep_seed(tx: &SystemDb, key: &DataKey, id: Uuid, seed: &[u8]) -> Result<()> {
    let sql = "UPDATE admins SET totp_secret = ? WHERE id = ? AND state = 'INVITED'";
    tx.execute(sql, vec![sealed(key, id, "totp_secret", seed), id.into()]).await?;
    Ok(())
}

/// Uses the link up. False when somebody was faster.
pub async fn finish_setup(
    tx: &SystemDb,
    key: &DataKey,
    id: Uuid,
    hash: Vec<u8>,
    password: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let sql = "UPDATE admins SET state = 'ACTIVE', password_hash = ?, setup_hash = NULL, setup_expires_at = NULL, updated_at = ?, \
               version = version + 1 WHERE id = ? AND setup_hash = ? AND state = 'INVITED'";
    let password = sealed(key, id, "password_hash", password.as_bytes());
    Ok(tx.execute(sql, vec![password, now.into(), id.into(), hash.into()]).await? == 1)
}

/// Where the key of the look-up is kept. It is no setting of people's.
const INDEX_KEY: &str = "internal.admin_index";
const INDEX_PLACE: FieldRef<'static> = FieldRef { org: NO_ORG, table: "settings", column: "value", row: Uuid::nil() };

/// The key of the look-up, encrypted; made by the first process that asks.
pub async fn sealed_index(tx: &SystemDb, key: &DataKey, now: DateTime<Utc>) -> Result<Vec<u8>> {
    #[derive(FromQueryResult)]
    struct Row {
        value: Vec<u8>,
    }
    let fresh = crypto::encrypt(key, INDEX_PLACE, BlindIndex::generate().reveal());
    let sql = "INSERT INTO settings (key, value, updated_at, version) VALUES (?, ?, ?, 1) ON CONFLICT DO NOTHING";
    tx.execute(sql, vec![INDEX_KEY.into(), fresh.into(), now.into()]).await?;
    let rows: Vec<Row> = tx.query("SELECT value FROM settings WHERE key = ?", vec![INDEX_KEY.into()]).await?;
    rows.into_iter().next().map(|row| row.value).ok_or_else(|| Error::internal("the key of the look-up is missing"))
}

pub async fn open_index(keys: &KeyRing, sealed: &[u8]) -> Result<BlindIndex> {
    let key = keys.of(NO_ORG, sealed).await?;
    let bytes = crypto::decrypt(&key, INDEX_PLACE, sealed).map_err(Error::internal)?;
    BlindIndex::from_bytes(&bytes).ok_or_else(|| Error::internal("the key of the look-up has another length"))
}
