//! Rows of passkeys and of the challenges that their browsers answer.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    clock::timestamp,
    db::SystemDb,
    error::{Error, Result},
    ids::{self, prefix},
};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use super::webauthn::{Counted, Credential, NewCredential};

#[derive(Clone, Debug, FromQueryResult)]
pub struct Passkey {
    pub id: Uuid,
    pub user_id: Uuid,
    pub credential_id: Vec<u8>,
    pub rp_id: String,
    /// COSE_Key.
    pub public_key: Vec<u8>,
    pub sign_count: i64,
    pub backup_eligible: bool,
    pub backed_up: bool,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str =
    "id, user_id, credential_id, rp_id, public_key, sign_count, backup_eligible, backed_up, name, created_at, last_used_at";

impl Passkey {
    pub fn new(id: Uuid, user_id: Uuid, rp_id: String, name: String, made: NewCredential, now: DateTime<Utc>) -> Self {
        Self {
            id,
            user_id,
            credential_id: made.id,
            rp_id,
            public_key: made.public_key,
            sign_count: made.sign_count.into(),
            backup_eligible: made.backup_eligible,
            backed_up: made.backed_up,
            name,
            created_at: now,
            last_used_at: None,
        }
    }

    /// As it is verified.
    pub fn credential(&self) -> Result<Credential> {
        Ok(Credential {
            user_handle: self.user_id.as_bytes().to_vec(),
            public_key: self.public_key.clone(),
            sign_count: u32::try_from(self.sign_count).map_err(Error::internal)?,
            backup_eligible: self.backup_eligible,
        })
    }

    pub fn into_pb(self) -> pb::Passkey {
        pb::Passkey {
            id: ids::format(prefix::PASSKEY, self.id),
            name: self.name,
            created_at: timestamp(self.created_at),
            last_used_at: self.last_used_at.and_then(timestamp),
            rp_id: self.rp_id,
            backed_up: self.backed_up,
        }
    }
}

/// A person's, oldest first.
pub async fn passkeys(db: &SystemDb, user_id: Uuid) -> Result<Vec<Passkey>> {
    let sql = format!("SELECT {COLUMNS} FROM passkeys WHERE user_id = ? ORDER BY created_at, id");
    db.query(&sql, vec![user_id.into()]).await
}

/// The one that an authenticator names, whosever it is.
pub async fn passkey_by_credential(db: &SystemDb, credential_id: &[u8]) -> Result<Option<Passkey>> {
    let sql = format!("SELECT {COLUMNS} FROM passkeys WHERE credential_id = ?");
    Ok(db.query(&sql, vec![credential_id.to_vec().into()]).await?.into_iter().next())
}

/// False when somebody has it already.
pub async fn insert_passkey(db: &SystemDb, new: &Passkey) -> Result<bool> {
    let sql = format!(
        "INSERT INTO passkeys ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (credential_id) DO NOTHING"
    );
    let values = vec![
        new.id.into(),
        new.user_id.into(),
        new.credential_id.clone().into(),
        new.rp_id.clone().into(),
        new.public_key.clone().into(),
        new.sign_count.into(),
        new.backup_eligible.into(),
        new.backed_up.into(),
        new.name.clone().into(),
        new.created_at.into(),
        new.last_used_at.into(),
    ];
    Ok(db.execute(&sql, values).await? == 1)
}

/// Notes a sign-in. False when the passkey was removed since it was read, or counted on: two answers with one counter get one true.
pub async fn note_use(db: &SystemDb, passkey: &Passkey, counted: Counted, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE passkeys SET sign_count = ?, backed_up = ?, last_used_at = ? WHERE id = ? AND sign_count = ?";
    let values = vec![
        i64::from(counted.sign_count).into(),
        counted.backed_up.into(),
        now.into(),
        passkey.id.into(),
        passkey.sign_count.into(),
    ];
    Ok(db.execute(sql, values).await? == 1)
}

pub async fn rename_passkey(db: &SystemDb, user_id: Uuid, id: Uuid, name: &str) -> Result<Option<Passkey>> {
    let sql = format!("UPDATE passkeys SET name = ? WHERE user_id = ? AND id = ? RETURNING {COLUMNS}");
    Ok(db.query(&sql, vec![name.into(), user_id.into(), id.into()]).await?.into_iter().next())
}

pub async fn remove_passkey(db: &SystemDb, user_id: Uuid, id: Uuid) -> Result<Option<Passkey>> {
    let sql = format!("DELETE FROM passkeys WHERE user_id = ? AND id = ? RETURNING {COLUMNS}");
    Ok(db.query(&sql, vec![user_id.into(), id.into()]).await?.into_iter().next())
}

/// Removes all of a person.
pub async fn remove_all(db: &SystemDb, user_id: Uuid) -> Result<()> {
    db.execute("DELETE FROM passkeys WHERE user_id = ?", vec![user_id.into()]).await?;
    Ok(())
}

/// What a challenge is good for.
#[derive(Clone, Debug)]
pub struct Challenge<'a> {
    /// SHA-256.
    pub hash: Vec<u8>,
    /// None where somebody signs in.
    pub session_id: Option<Uuid>,
    pub origin: &'a str,
}

pub async fn insert_challenge(db: &SystemDb, challenge: Challenge<'_>, expires_at: DateTime<Utc>) -> Result<()> {
    let sql = "INSERT INTO passkey_challenges (challenge_hash, session_id, origin, expires_at) VALUES (?, ?, ?, ?)";
    let values = vec![challenge.hash.into(), challenge.session_id.into(), challenge.origin.into(), expires_at.into()];
    db.execute(sql, values).await?;
    Ok(())
}

/// Uses it up. False when it was used, has expired, or is not for this session and page; two at once get one true.
pub async fn use_challenge(db: &SystemDb, challenge: Challenge<'_>, now: DateTime<Utc>) -> Result<bool> {
    let sql = "DELETE FROM passkey_challenges WHERE challenge_hash = ? AND session_id IS NOT DISTINCT FROM ? AND origin = ? \
               AND expires_at > ?";
    let values = vec![challenge.hash.into(), challenge.session_id.into(), challenge.origin.into(), now.into()];
    Ok(db.execute(sql, values).await? == 1)
}
