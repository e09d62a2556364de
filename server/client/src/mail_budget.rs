//! How many mails an address gets because somebody asked for them, who need not be its owner. Each who asks has mails of their own, and
//! all strangers together have so many: nobody uses up what the owner needs, and nobody's mailbox is filled.
//!
//! Addresses that nobody has an account under are counted as well, by the same statements, so that neither time nor rows tell who has one.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use streamflow_kernel::{ctx::Ctx, db::SystemDb, error::Result, prune::Daily};

/// Mails that one who asks gets sent to an address in a day: a device that its person has signed in from, or a network.
const EACH_A_DAY: i32 = 10;
/// Mails of all networks together. A known device needs none of these.
const STRANGERS_A_DAY: i32 = 50;

/// Mails of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Keeps the kinds apart.
    pub name: &'static str,
    /// One who asks gets at most one mail in this time.
    pub pause: TimeDelta,
}

/// By then they count against nobody.
pub const PRUNE: Daily = Daily {
    kind: "prune_mail_budgets",
    table: "mail_budgets",
    key: "key_hash",
    condition: "sent_at < ?",
    kept: TimeDelta::days(2),
};

impl Budget {
    /// Takes a mail to `email`, in its one form, for whoever sent the request; `device` is the hash of a device that the account
    /// [knows](streamflow_kernel::device::known). False where there is none left: then the transaction must not commit, so that what is
    /// not sent counts for nothing.
    pub async fn take(self, db: &SystemDb, ctx: &Ctx, email: &str, device: Option<&[u8]>) -> Result<bool> {
        let whole = |who: &[u8]| key(&[self.name.as_bytes(), email.as_bytes(), who]);
        if let Some(device) = device {
            return take(db, whole(&[b"device ", device].concat()), ctx.now() - self.pause, (ctx.now(), EACH_A_DAY)).await;
        }
        let network = format!("network {}", ctx.network());
        if !take(db, whole(network.as_bytes()), ctx.now() - self.pause, (ctx.now(), EACH_A_DAY)).await? {
            return Ok(false);
        }
        // Of two processes whose clocks differ neither holds up the other.
        take(db, whole(b"strangers"), ctx.now() + TimeDelta::days(1), (ctx.now(), STRANGERS_A_DAY)).await
    }
}

/// Each part ends with a zero byte, which none of them holds but a device's hash, the last one.
fn key(parts: &[&[u8]]) -> Vec<u8> {
    Sha256::digest(parts.join(&0)).to_vec()
}

/// Takes one of `most` a day, if the one before was taken by `last`.
async fn take(db: &SystemDb, key: Vec<u8>, last: DateTime<Utc>, (now, most): (DateTime<Utc>, i32)) -> Result<bool> {
    let sql = "INSERT INTO mail_budgets (key_hash, sent_at, day_began_at, sent) VALUES (?, ?, ?, 1) \
               ON CONFLICT (key_hash) DO UPDATE SET sent_at = excluded.sent_at, \
               day_began_at = CASE WHEN mail_budgets.day_began_at <= ? THEN excluded.day_began_at ELSE mail_budgets.day_began_at END, \
               sent = CASE WHEN mail_budgets.day_began_at <= ? THEN 1 ELSE mail_budgets.sent + 1 END \
               WHERE mail_budgets.sent_at <= ? AND (mail_budgets.day_began_at <= ? OR mail_budgets.sent < ?)";
    let day_ago = now - TimeDelta::days(1);
    let values =
        vec![key.into(), now.into(), now.into(), day_ago.into(), day_ago.into(), last.into(), day_ago.into(), most.into()];
    Ok(db.execute(sql, values).await? == 1)
}
