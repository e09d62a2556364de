//! What hangs on the master keys of one system: data keys that one wraps, and processes that have one. A new key takes over by wrapping
//! every data key anew; an old one goes when nothing hangs on it.
//!
//! The rows of `master_keys` are what makes that safe beside servers that run. Who wraps a data key holds the row of its master key
//! until the transaction ends, and finds there whether that key was retired; who retires one changes the row, which waits for them,
//! and counts afterwards.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

pub mod holders;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::FromQueryResult;
use serde_json::json;
use uuid::Uuid;

use crate::{
    crypto::{DataKey, WrappedKey},
    db::{Backend, NO_ORG, SystemDb},
    error::{Error, Result},
    jobs::deed::Deed,
    kernel::{Kernel, KeyRing},
};

/// Longest that anything is good which a [`MacKey`](crate::crypto::MacKey) has marked: codes for signing in, and after them addresses for
/// uploads. A key goes no sooner after it was the current one.
pub const MARKS_GOOD_FOR: TimeDelta = TimeDelta::minutes(10);
/// Data keys of one transaction: servers that write wait for it on SQLite, for some milliseconds.
const BATCH: usize = 100;

/// What became of the data keys of a system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Wrapped anew under the current master key.
    pub count: u64,
    /// Left as they were, because the master key that wraps them is missing or is another one than its id says.
    pub unreadable: u64,
}

/// A master key as one system's database knows it.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Known {
    pub id: String,
    /// Since when it wraps new data keys.
    pub current_at: Option<DateTime<Utc>>,
    pub retired_at: Option<DateTime<Utc>>,
}

impl KeyRing {
    /// Wraps a data key under the current master key, to be inserted in `db`, whose transaction holds the master key from here on. Fails
    /// when that one was retired, which a process finds that has an old key file.
    pub(crate) async fn wrap(&self, db: &SystemDb, key: &DataKey, org: Uuid, now: DateTime<Utc>) -> Result<WrappedKey> {
        // Those of this moment, not those of some seconds ago.
        self.look();
        let wrapped = key.wrap(org, &self.masters.now());
        hold(db, &wrapped.master_id, now).await?;
        Ok(wrapped)
    }

    /// Reads the key file again, where there is one. True when there are other keys in it.
    pub(crate) fn look(&self) -> bool {
        self.masters.refresh()
    }

    /// Tells the database which master keys there are and which one is current. Fails when the current one was retired.
    pub(crate) async fn admit(&self, now: DateTime<Utc>) -> Result<()> {
        let masters = self.masters.now();
        let known: Vec<Known> = self.known().await?;
        let find = |id: &str| known.iter().find(|known| known.id == id);
        if let Some(gone) = find(masters.current_id()).filter(|found| found.retired_at.is_some()) {
            return Err(retired(&gone.id));
        }
        let is_current_known = find(masters.current_id()).is_some_and(|found| found.current_at.is_some());
        if is_current_known && masters.ids().into_iter().all(|id| find(id).is_some()) {
            return Ok(());
        }
        let db = self.database.system().await?;
        for id in masters.ids() {
            insert(&db, id, now).await?;
        }
        let sql = "UPDATE master_keys SET current_at = ? WHERE id = ? AND current_at IS NULL";
        db.execute(sql, vec![now.into(), masters.current_id().into()]).await?;
        db.commit().await
    }

    /// Every master key that was ever seen here.
    pub async fn known(&self) -> Result<Vec<Known>> {
        let sql = "SELECT id, current_at, retired_at FROM master_keys ORDER BY id";
        self.database.system_read().await?.query(sql, vec![]).await
    }

    /// How many data keys each master key wraps, those included that only decrypt.
    pub async fn hanging(&self) -> Result<BTreeMap<String, u64>> {
        #[derive(FromQueryResult)]
        struct Row {
            master_key_id: String,
            count: i64,
        }
        let sql = "SELECT master_key_id, COUNT(*) AS count FROM data_keys GROUP BY master_key_id";
        let rows: Vec<Row> = self.database.system_read().await?.query(sql, vec![]).await?;
        Ok(rows.into_iter().map(|row| (row.master_key_id, row.count.unsigned_abs())).collect())
    }
}

/// Notes that the ring's first key is the one that wraps from now on, and who says so: the audit.
pub async fn make_current(kernel: &Kernel) -> Result<()> {
    let (ring, now) = (&kernel.keys, kernel.clock.now());
    ring.look();
    let id = ring.masters.now().current_id().to_owned();
    let db = kernel.database.system().await?;
    hold(&db, &id, now).await?;
    let sql = "UPDATE master_keys SET current_at = ? WHERE id = ? AND current_at IS NULL";
    if db.execute(sql, vec![now.into(), id.as_str().into()]).await? > 0 {
        audit(&db, kernel, ROTATE, json!({ "master_key": id, "step": "made current" })).await?;
    }
    db.commit().await
}

/// Wraps every data key anew that another master key than the current one wraps. Each batch is a transaction, so that one which is
/// broken off anywhere goes on with the next call; two at once do no harm.
pub async fn rewrap(kernel: &Kernel) -> Result<Rewrapped> {
    let ring = &kernel.keys;
    ring.look();
    let (mut done, mut after) = (Rewrapped::default(), (NO_ORG, -1));
    while let Some(last) = rewrap_batch(kernel, after, &mut done).await? {
        after = last;
    }
    Ok(done)
}

#[derive(FromQueryResult)]
struct Row {
    org_id: Uuid,
    id: i32,
    wrapped: Vec<u8>,
    master_key_id: String,
}

/// Those behind `after`. Returns the last one looked at; none at the end.
async fn rewrap_batch(kernel: &Kernel, after: (Uuid, i32), done: &mut Rewrapped) -> Result<Option<(Uuid, i32)>> {
    let (masters, now) = (kernel.keys.masters.now(), kernel.clock.now());
    let current = masters.current_id();
    let db = kernel.database.system().await?;
    hold(&db, current, now).await?;
    let sql = format!(
        "SELECT org_id, id, wrapped, master_key_id FROM data_keys WHERE master_key_id <> ? AND (org_id > ? OR (org_id = ? AND id > ?)) \
         ORDER BY org_id, id LIMIT {BATCH}"
    );
    let values = vec![current.into(), after.0.into(), after.0.into(), after.1.into()];
    let rows: Vec<Row> = db.query(&sql, values).await?;
    let Some(last) = rows.last().map(|row| (row.org_id, row.id)) else { return Ok(None) };
    let mut count = 0;
    for Row { org_id, id, wrapped, master_key_id } in rows {
        let number = u32::try_from(id).map_err(Error::internal)?;
        let before = WrappedKey { id: number, bytes: wrapped, master_id: master_key_id };
        let Ok(key) = DataKey::unwrap(org_id, &before, &masters) else {
            done.unreadable += 1;
            continue;
        };
        let fresh = key.wrap(org_id, &masters);
        // A company that was deleted meanwhile stays deleted, and who was faster stays right.
        let sql = "UPDATE data_keys SET wrapped = ?, master_key_id = ? WHERE org_id = ? AND id = ? AND master_key_id = ?";
        let values = vec![fresh.bytes.into(), current.into(), org_id.into(), id.into(), before.master_id.into()];
        count += db.execute(sql, values).await?;
    }
    if count > 0 {
        audit(&db, kernel, ROTATE, json!({ "master_key": current, "data_keys": count, "step": "wrapped anew" })).await?;
    }
    db.commit().await?;
    done.count += count;
    Ok(Some(last))
}

/// Retires a master key in this system for good, unless data keys hang on it; returns how many do. Whoever wraps one under it at this
/// moment is waited for, and counted.
pub async fn retire(kernel: &Kernel, id: &str) -> Result<u64> {
    #[derive(FromQueryResult)]
    struct Count {
        count: i64,
    }
    let now = kernel.clock.now();
    let db = kernel.database.system().await?;
    insert(&db, id, now).await?;
    let is_first =
        db.execute("UPDATE master_keys SET retired_at = ? WHERE id = ? AND retired_at IS NULL", vec![now.into(), id.into()]);
    let is_first = is_first.await? > 0;
    let sql = "SELECT COUNT(*) AS count FROM data_keys WHERE master_key_id = ?";
    let counts: Vec<Count> = db.query(sql, vec![id.into()]).await?;
    let hanging = counts.first().map_or(0, |found| found.count.unsigned_abs());
    if hanging == 0 {
        if is_first {
            audit(&db, kernel, RETIRE, json!({ "master_key": id, "step": "retired" })).await?;
        }
        db.commit().await?;
    }
    Ok(hanging)
}

const ROTATE: &str = "streamflow keys rotate";
const RETIRE: &str = "streamflow keys retire";

async fn audit(db: &SystemDb, kernel: &Kernel, path: &'static str, payload: serde_json::Value) -> Result<()> {
    Deed { org_id: NO_ORG, path, category: "keys", outcome: "OK", payload }.audit(db, kernel).await
}

async fn insert(db: &SystemDb, id: &str, now: DateTime<Utc>) -> Result<()> {
    let sql = "INSERT INTO master_keys (id, first_seen_at) VALUES (?, ?) ON CONFLICT DO NOTHING";
    db.execute(sql, vec![id.into(), now.into()]).await?;
    Ok(())
}

/// Keeps a master key from being retired until the transaction ends.
async fn hold(db: &SystemDb, id: &str, now: DateTime<Utc>) -> Result<()> {
    insert(db, id, now).await?;
    // SQLite has one writer anyway.
    let lock = if db.backend() == Backend::Postgres { " FOR SHARE" } else { "" };
    let sql = format!("SELECT id, current_at, retired_at FROM master_keys WHERE id = ?{lock}");
    let held: Vec<Known> = db.query(&sql, vec![id.into()]).await?;
    match held.first() {
        Some(known) if known.retired_at.is_none() => Ok(()),
        _ => Err(retired(id)),
    }
}

fn retired(id: &str) -> Error {
    Error::internal(format!("the master key `{id}` was retired: this process has keys of before (streamflow keys list)"))
}
