//! What a system remembers of the others, in its database, so that all its processes know it.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use sea_orm::{FromQueryResult, Value};

use crate::{db::Database, error::Result};

/// A caller's last call is written down this often; more would double the cost of each call.
const SEEN_EVERY: TimeDelta = TimeDelta::seconds(5);
/// Refusals within this time are written together: strangers must not make us write at will.
const REFUSED_EVERY: TimeDelta = TimeDelta::seconds(1);

/// What was heard of one system.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Heard {
    pub name: String,
    pub last_seen_at: Option<DateTime<Utc>>,
    pub last_key_id: String,
    /// Seconds by which its clock was ahead.
    pub clock_offset: i64,
    /// Calls in its name, made by it or not.
    pub refused: i64,
    pub last_refused_at: Option<DateTime<Utc>>,
    pub last_refusal: String,
    /// When it last answered a call of this system.
    pub last_answer_at: Option<DateTime<Utc>>,
}

/// Refused calls in the name of one system for one reason.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Refused {
    pub name: String,
    pub reason: String,
    pub refused: i64,
    pub last_at: DateTime<Utc>,
}

#[derive(Debug)]
pub struct Ledger {
    database: Database,
    notes: Mutex<HashMap<&'static str, Note>>,
}

/// What this process has written of a system, and what it has yet to.
#[derive(Debug, Default)]
struct Note {
    seen: Option<(DateTime<Utc>, String)>,
    refused_written_at: Option<DateTime<Utc>>,
    last_refusal: Option<(DateTime<Utc>, &'static str)>,
    /// By reason: how many, and when the last was.
    unwritten: HashMap<&'static str, (i64, DateTime<Utc>)>,
    answered: Option<DateTime<Utc>>,
}

impl Ledger {
    pub fn new(database: Database) -> Self {
        Self { database, notes: Mutex::default() }
    }

    /// Uses up a nonce. False when it was used before, by whichever process. A system's is good once whichever of its keys signs, which
    /// an index of its own sees to; of programs that register companies each has ids of its own, by the name of its keys.
    pub async fn use_nonce(&self, caller: &str, key_id: &str, nonce: &str, now: DateTime<Utc>) -> Result<bool> {
        let sql = "INSERT INTO federation_nonces (caller, key_id, nonce, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let values = vec![caller.into(), key_id.into(), nonce.into(), now.into()];
        Ok(self.database.system_execute(sql, values).await? == 1)
    }

    /// A call was accepted.
    pub async fn seen(&self, peer: &'static str, key_id: &str, offset: i64, now: DateTime<Utc>) -> Result<()> {
        {
            let mut notes = self.notes.lock();
            let note = notes.entry(peer).or_default();
            let is_fresh = |(at, key): &(DateTime<Utc>, String)| (now - *at).abs() < SEEN_EVERY && key == key_id;
            if note.seen.as_ref().is_some_and(is_fresh) {
                return Ok(());
            }
            note.seen = Some((now, key_id.to_owned()));
        }
        let sql = "INSERT INTO federation_peers (name, last_seen_at, last_key_id, clock_offset) VALUES (?, ?, ?, ?) \
                   ON CONFLICT (name) DO UPDATE SET last_seen_at = excluded.last_seen_at, \
                   last_key_id = excluded.last_key_id, clock_offset = excluded.clock_offset";
        self.database.system_execute_repeatable(sql, vec![peer.into(), now.into(), key_id.into(), offset.into()]).await?;
        Ok(())
    }

    /// A call of this system was answered by the other one itself.
    pub async fn answered(&self, peer: &'static str, now: DateTime<Utc>) -> Result<()> {
        {
            let mut notes = self.notes.lock();
            let note = notes.entry(peer).or_default();
            if note.answered.is_some_and(|at| (now - at).abs() < SEEN_EVERY) {
                return Ok(());
            }
            note.answered = Some(now);
        }
        let sql = "INSERT INTO federation_peers (name, last_answer_at) VALUES (?, ?) \
                   ON CONFLICT (name) DO UPDATE SET last_answer_at = excluded.last_answer_at";
        self.database.system_execute_repeatable(sql, vec![peer.into(), now.into()]).await?;
        Ok(())
    }

    /// A call in this system's name was refused.
    pub async fn refused(&self, peer: &'static str, reason: &'static str, now: DateTime<Utc>) -> Result<()> {
        let is_due = {
            let mut notes = self.notes.lock();
            let note = notes.entry(peer).or_default();
            note.last_refusal = Some((now, reason));
            let (count, last_at) = note.unwritten.entry(reason).or_insert((0, now));
            (*count, *last_at) = (*count + 1, now);
            note.refused_written_at.is_none_or(|at| (now - at).abs() >= REFUSED_EVERY)
        };
        if is_due { self.write_refusals(peer).await } else { Ok(()) }
    }

    /// All that was heard of any system.
    pub async fn heard(&self) -> Result<Vec<Heard>> {
        let peers: Vec<&'static str> = self.notes.lock().keys().copied().collect();
        for peer in peers {
            self.write_refusals(peer).await?;
        }
        let sql = "SELECT name, last_seen_at, last_key_id, clock_offset, refused, last_refused_at, last_refusal, last_answer_at \
                   FROM federation_peers";
        self.database.system_read().await?.query(sql, Vec::<Value>::new()).await
    }

    /// Refusals of any system by reason, the most frequent first; as [`heard`](Self::heard) left them.
    pub async fn refusals(&self) -> Result<Vec<Refused>> {
        let sql = "SELECT name, reason, refused, last_at FROM federation_refusals ORDER BY name, refused DESC, reason";
        self.database.system_read().await?.query(sql, Vec::<Value>::new()).await
    }

    async fn write_refusals(&self, peer: &'static str) -> Result<()> {
        let (unwritten, last) = {
            let mut notes = self.notes.lock();
            let note = notes.entry(peer).or_default();
            note.refused_written_at = note.last_refusal.map(|(at, _)| at);
            (std::mem::take(&mut note.unwritten), note.last_refusal)
        };
        let Some((at, last)) = last.filter(|_| !unwritten.is_empty()) else { return Ok(()) };
        let count: i64 = unwritten.values().map(|(count, _)| count).sum();
        let db = self.database.system().await?;
        let sql = "INSERT INTO federation_peers (name, refused, last_refused_at, last_refusal) VALUES (?, ?, ?, ?) \
                   ON CONFLICT (name) DO UPDATE SET refused = federation_peers.refused + excluded.refused, \
                   last_refused_at = excluded.last_refused_at, last_refusal = excluded.last_refusal";
        db.execute(sql, vec![peer.into(), count.into(), at.into(), last.into()]).await?;
        for (reason, (count, at)) in &unwritten {
            let sql = "INSERT INTO federation_refusals (name, reason, refused, last_at) VALUES (?, ?, ?, ?) \
                       ON CONFLICT (name, reason) DO UPDATE SET refused = federation_refusals.refused + excluded.refused, \
                       last_at = excluded.last_at";
            db.execute(sql, vec![peer.into(), (*reason).into(), (*count).into(), (*at).into()]).await?;
        }
        db.commit().await
    }
}
