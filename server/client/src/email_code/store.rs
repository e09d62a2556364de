//! Rows of mailed codes: one an address, so that only the newest is good.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::FromQueryResult;
use sha2::{Digest as _, Sha256};
use streamflow_kernel::{db::SystemDb, error::Result};
use uuid::Uuid;

use super::domain::{LIFE, MOST_A_DAY, MOST_TRIES, PAUSE};

pub struct NewCode<'a> {
    /// In its one form.
    pub email: &'a str,
    pub code_id: Uuid,
    pub mac: Vec<u8>,
    pub now: DateTime<Utc>,
}

/// Puts a code in the place of the one before. False, with nothing written, while the address has had its mails.
pub async fn put(db: &SystemDb, new: NewCode<'_>) -> Result<bool> {
    let sql = "INSERT INTO email_codes (address_hash, code_id, code_mac, sent_at, expires_at, tries, day_began_at, sent_in_day) \
               VALUES (?, ?, ?, ?, ?, 0, ?, 1) ON CONFLICT (address_hash) DO UPDATE SET code_id = excluded.code_id, \
               code_mac = excluded.code_mac, sent_at = excluded.sent_at, expires_at = excluded.expires_at, tries = 0, used_at = NULL, \
               day_began_at = CASE WHEN email_codes.day_began_at <= ? THEN excluded.day_began_at ELSE email_codes.day_began_at END, \
               sent_in_day = CASE WHEN email_codes.day_began_at <= ? THEN 1 ELSE email_codes.sent_in_day + 1 END \
               WHERE email_codes.sent_at <= ? AND (email_codes.day_began_at <= ? OR email_codes.sent_in_day < ?)";
    let (now, day_ago) = (new.now, new.now - TimeDelta::days(1));
    let values = vec![
        address_hash(new.email).into(),
        new.code_id.into(),
        new.mac.into(),
        now.into(),
        (now + LIFE).into(),
        now.into(),
        day_ago.into(),
        day_ago.into(),
        (now - PAUSE).into(),
        day_ago.into(),
        MOST_A_DAY.into(),
    ];
    Ok(db.execute(sql, values).await? == 1)
}

/// A code that is good as far as its row tells.
#[derive(Clone, FromQueryResult)]
pub struct Kept {
    pub code_id: Uuid,
    pub code_mac: Vec<u8>,
}

/// Takes one of the tries at an address's code, before anything is compared. None where no code is good.
pub async fn take_try(db: &SystemDb, email: &str, now: DateTime<Utc>) -> Result<Option<Kept>> {
    let sql = "UPDATE email_codes SET tries = tries + 1 WHERE address_hash = ? AND used_at IS NULL AND expires_at > ? AND tries < ? \
               RETURNING code_id, code_mac";
    let rows = db.query(sql, vec![address_hash(email).into(), now.into(), MOST_TRIES.into()]).await?;
    Ok(rows.into_iter().next())
}

/// False when it was used, ended or replaced meanwhile; of two at once one gets true.
pub async fn use_up(db: &SystemDb, email: &str, code_id: Uuid, now: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE email_codes SET used_at = ? WHERE address_hash = ? AND code_id = ? AND used_at IS NULL";
    Ok(db.execute(sql, vec![now.into(), address_hash(email).into(), code_id.into()]).await? == 1)
}

/// Ends the code of a person whose password was set anew: whoever asked for it before may be the one who is locked out by that.
pub async fn end(db: &SystemDb, email: &str, now: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE email_codes SET used_at = ? WHERE address_hash = ? AND used_at IS NULL";
    db.execute(sql, vec![now.into(), address_hash(email).into()]).await?;
    Ok(())
}

fn address_hash(email: &str) -> Vec<u8> {
    Sha256::digest(email.as_bytes()).to_vec()
}
