//! Rate limits and lockouts, kept in the database so that several processes share them. A process may take a few permits at a time
//! (a lease); the total never exceeds the limit.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::{
    db::Database,
    error::{Error, Result},
};

/// How quickly one person may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Requests within a window of 60 seconds.
    pub per_minute: u32,
    /// Most of them within five seconds; none where a minute's may come at once.
    pub burst: Option<u32>,
}

impl Pace {
    /// So many requests a minute, which may all come at once.
    pub const fn per_minute(per_minute: u32) -> Self {
        Self { per_minute, burst: None }
    }
}

/// Seconds that a burst is counted over.
const BURST: u32 = 5;

/// Requests a minute of one class.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Requests within a window of 60 seconds, of one person or address.
    pub per_minute: u32,
    /// As in [`Pace`].
    pub burst: Option<u32>,
    /// Permits taken from the database at once; 1 where exactness matters most.
    pub lease: u32,
}

/// Limit of the questions whose the ids are that a person named in vain; no RPC declares it.
pub const FOREIGN_IDS: &str = "foreign_ids";

/// Limit of the failures of pages that are kept of one address; no RPC declares it.
pub const CLIENT_ERRORS: &str = "client_error";

/// Limits of a portal by class name, as the RPCs declare them.
#[derive(Clone, Debug)]
pub struct Limits(HashMap<&'static str, Limit>);

impl Limits {
    /// The usual limits; `overrides` replaces requests a minute by class.
    pub fn new(person: Pace, overrides: &HashMap<String, u32>) -> Self {
        let classes = [
            ("sign_in", 10, 1),
            ("anonymous", 60, 1),
            ("registration", 10, 1),
            ("read", person.per_minute, 20),
            ("write", person.per_minute.div_ceil(2), 10),
            ("bulk", 30, 1),
            ("upload", 600, 20),
            // Files that people bring.
            ("attachment", 5, 1),
            ("stream", 120, 1),
            // All of a minute at once: the question costs more than the permit.
            (FOREIGN_IDS, 20, 20),
            // Few enough that nobody's made-up failures push those of others out of sight.
            (CLIENT_ERRORS, 3, 1),
            // Another system, which calls for all its people.
            ("federation", 6000, 100),
        ];
        Self(
            classes
                .into_iter()
                .map(|(name, usual, lease)| {
                    let per_minute = overrides.get(name).copied().unwrap_or(usual);
                    let burst = person.burst.filter(|_| matches!(name, "read" | "write"));
                    (name, Limit { per_minute, burst, lease: lease.min(per_minute.max(1)) })
                })
                .collect(),
        )
    }

    pub fn has(&self, class: &str) -> bool {
        self.0.contains_key(class)
    }

    /// Every class, by name.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.0.keys().copied().collect();
        names.sort_unstable();
        names
    }

    pub(crate) fn of(&self, class: &str) -> Limit {
        // A class nobody defined is a mistake in a proto; it gets the strictest limit instead of none.
        self.0.get(class).copied().unwrap_or(Limit { per_minute: 10, burst: None, lease: 1 })
    }
}

/// What is left of a limit, for the answer's headers.
#[derive(Clone, Copy, Debug)]
pub struct Remaining {
    /// Requests a minute.
    pub limit: u32,
    /// What this process knows to be left; others may have taken of it since.
    pub left: u32,
    /// Seconds until the window starts anew.
    pub reset: u32,
}

/// Whether a request may go on, and what is left after it.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    pub granted: bool,
    pub remaining: Remaining,
}

impl Taken {
    /// The first of its window.
    pub const fn is_first(self) -> bool {
        self.remaining.left + 1 == self.remaining.limit
    }

    /// Fails when the limit was used up, and says when to come back.
    pub fn into_result(self) -> Result<()> {
        if self.granted {
            return Ok(());
        }
        let reset = self.remaining.reset;
        Err(Error::Throttled {
            text: "Too many requests; nothing was lost.".to_owned(),
            retry_after: Duration::from_secs(u64::from(reset)),
        })
    }
}

#[derive(Debug)]
struct Lease {
    window: i64,
    left: u32,
    /// What the database had left after the lease was taken.
    behind: u32,
    /// Whether refusal in this window has been told to the audit.
    refused: bool,
    /// Whether the database has nothing left in this window. What is used up stays so, and is refused without asking again.
    exhausted: bool,
}

impl Lease {
    const fn empty(window: i64) -> Self {
        Self { window, left: 0, behind: 0, refused: false, exhausted: false }
    }
}

/// Shared by all requests of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RateLimiter {
    database: Database,
    limits: Arc<Limits>,
    leases: Arc<Mutex<HashMap<String, Lease>>>,
}

/// Minutes that clocks of processes may be apart, a little more than systems that speak with each other may differ. A minute further ahead
/// is of a clock that was set back since.
const APART: i64 = 3;
/// Keys kept in memory before old windows are dropped.
const MAX_LEASES: usize = 50_000;

impl RateLimiter {
    pub fn new(database: Database, limits: Limits) -> Self {
        Self { database, limits: Arc::new(limits), leases: Arc::default() }
    }

    /// Takes one permit of `class` for `who` (an address or a person), if there is one.
    pub async fn take(&self, class: &str, who: &str, now: DateTime<Utc>) -> Result<Taken> {
        let limit = self.limits.of(class);
        let second = u32::try_from(now.timestamp() % 60).unwrap_or_default();
        let minute = self.take_of(format!("{class}:{who}"), limit, now.timestamp() / 60, 60 - second).await?;
        let Some(burst) = limit.burst.filter(|_| minute.granted) else { return Ok(minute) };
        // Each part of the minute is a limit of its own, so that all keys live in minutes and are pruned alike.
        let part = Limit { per_minute: burst, burst: None, lease: limit.lease.min(burst) };
        let key = format!("{class}.{}:{who}", second / BURST);
        let taken = self.take_of(key, part, now.timestamp() / 60, BURST - second % BURST).await?;
        Ok(if taken.granted { minute } else { taken })
    }

    async fn take_of(&self, key: String, limit: Limit, window: i64, reset: u32) -> Result<Taken> {
        let taken = |granted, left| Taken { granted, remaining: Remaining { limit: limit.per_minute, left, reset } };
        match self.take_leased(&key, window) {
            Leased::Permit(left) => return Ok(taken(true, left)),
            Leased::Exhausted => return Ok(taken(false, 0)),
            Leased::Unknown => {}
        }
        let granted = self.reserve(&key, window, limit).await?;
        if granted.permits == 0 {
            self.keep(key, Lease { exhausted: true, ..Lease::empty(window) });
            return Ok(taken(false, 0));
        }
        let left = granted.permits - 1;
        self.keep(key, Lease { left, behind: granted.behind, ..Lease::empty(window) });
        Ok(taken(true, left + granted.behind))
    }

    /// True the first time a refusal of `class` for `who` is told in this window: it is audited once.
    pub fn first_refusal(&self, class: &str, who: &str, now: DateTime<Utc>) -> bool {
        let window = now.timestamp() / 60;
        let mut leases = self.leases.lock();
        if leases.len() >= MAX_LEASES {
            leases.retain(|_, kept| kept.window == window);
        }
        let lease = leases.entry(format!("{class}:{who}")).or_insert(Lease::empty(window));
        if lease.window != window {
            *lease = Lease::empty(window);
        }
        !std::mem::replace(&mut lease.refused, true)
    }

    fn take_leased(&self, key: &str, window: i64) -> Leased {
        let mut leases = self.leases.lock();
        match leases.get_mut(key).filter(|lease| lease.window == window) {
            Some(lease) if lease.left > 0 => {
                lease.left -= 1;
                Leased::Permit(lease.left + lease.behind)
            }
            Some(lease) if lease.exhausted => Leased::Exhausted,
            _ => Leased::Unknown,
        }
    }

    fn keep(&self, key: String, mut lease: Lease) {
        let mut leases = self.leases.lock();
        if leases.len() >= MAX_LEASES {
            leases.retain(|_, kept| kept.window == lease.window);
        }
        // Another request may have leased meanwhile; its permits stay good.
        if let Some(kept) = leases.get(&key).filter(|kept| kept.window == lease.window) {
            lease.left += kept.left;
            lease.refused = kept.refused;
            lease.exhausted |= kept.exhausted;
        }
        leases.insert(key, lease);
    }

    async fn reserve(&self, key: &str, window: i64, limit: Limit) -> Result<Granted> {
        // Of two processes whose clocks differ the later one's minute counts: each would else begin the other's anew.
        let goes_on = format!("rate_limits.window_start BETWEEN excluded.window_start AND excluded.window_start + {APART}");
        let sql = format!(
            "INSERT INTO rate_limits (key, window_start, used) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET \
             used = CASE WHEN {goes_on} THEN rate_limits.used + excluded.used ELSE excluded.used END, \
             window_start = CASE WHEN {goes_on} THEN rate_limits.window_start ELSE excluded.window_start END RETURNING used"
        );
        let values = vec![key.into(), window.into(), i64::from(limit.lease).into()];
        let row = self.database.statement(&sql, values).await?.ok_or_else(|| Error::internal("the limiter returned nothing"))?;
        let used: i64 = row.try_get("", "used")?;
        let before = u32::try_from(used - i64::from(limit.lease)).unwrap_or(u32::MAX);
        let free = limit.per_minute.saturating_sub(before);
        let permits = free.min(limit.lease);
        Ok(Granted { permits, behind: free - permits })
    }
}

/// What this process knows of a limit without asking.
enum Leased {
    /// A permit, and how many are left after it.
    Permit(u32),
    Exhausted,
    Unknown,
}

struct Granted {
    permits: u32,
    behind: u32,
}

/// The failure in a row up to which an account waits so many seconds (after kanidm's soft lock), and the wait after all of them.
const LADDER: [(i64, i64); 4] = [(2, 1), (8, 3), (24, 5), (99, 10)];
pub(crate) const LADDER_END: i64 = 3600;
/// The wait after all of them where strangers may have caused it.
pub(crate) const SHORT_END: i64 = 30;
/// Seconds without a failure after which the ladder starts anew.
pub(crate) const MEMORY: i64 = 24 * 3600;

/// Counts an attempt on `subject` before its secret is looked at, so that parallel guesses get one evaluation per slot.
/// Refuses while the subject is locked.
pub async fn count_attempt(database: &Database, subject: &str, now: DateTime<Utc>) -> Result<()> {
    climb(database, subject, now, LADDER_END).await
}

/// The same with pauses of seconds only, for what anybody can fail at in somebody else's name.
pub async fn count_short(database: &Database, subject: &str, now: DateTime<Utc>) -> Result<()> {
    climb(database, subject, now, SHORT_END).await
}

/// Refuses while `subject` is locked, and counts nothing.
pub async fn refuse_while_locked(database: &Database, subject: &str, now: DateTime<Utc>) -> Result<()> {
    let row = database.statement("SELECT locked_until FROM lockouts WHERE key = ?", vec![subject.into()]).await?;
    let until: i64 = row.map(|row| row.try_get("", "locked_until")).transpose()?.unwrap_or_default();
    if until <= now.timestamp() { Ok(()) } else { Err(locked(until - now.timestamp())) }
}

async fn climb(database: &Database, subject: &str, now: DateTime<Utc>, end: i64) -> Result<()> {
    let at = now.timestamp();
    let steps: String =
        LADDER.iter().map(|(failures, wait)| format!("WHEN lockouts.failures < {failures} THEN {wait} ")).collect();
    let first = LADDER[0].1;
    let forgotten = format!("lockouts.last_failure < excluded.last_failure - {MEMORY}");
    let sql = format!(
        "INSERT INTO lockouts (key, failures, locked_until, last_failure) VALUES (?, 1, ?, ?) ON CONFLICT (key) DO UPDATE SET \
         failures = CASE WHEN {forgotten} THEN 1 ELSE lockouts.failures + 1 END, \
         locked_until = excluded.last_failure + (CASE WHEN {forgotten} THEN {first} {steps}ELSE {end} END), \
         last_failure = excluded.last_failure WHERE lockouts.locked_until <= excluded.last_failure RETURNING failures"
    );
    let values = vec![subject.into(), (at + first).into(), at.into()];
    if database.statement(&sql, values).await?.is_some() {
        return Ok(());
    }
    let row = database.statement("SELECT locked_until FROM lockouts WHERE key = ?", vec![subject.into()]).await?;
    let until: i64 = row.map(|row| row.try_get("", "locked_until")).transpose()?.unwrap_or(at + 1);
    Err(locked(until - at))
}

/// Seconds to wait after a failure that so many came before, on a ladder that ends with `end`.
pub(crate) fn pause(failures: i64, end: i64) -> i64 {
    LADDER.iter().find(|(before, _)| failures < *before).map_or(end, |(_, wait)| *wait)
}

pub(crate) fn locked(seconds: i64) -> Error {
    let wait = u64::try_from(seconds).unwrap_or(1).max(1);
    Error::Throttled { text: "Too many attempts.".to_owned(), retry_after: Duration::from_secs(wait) }
}

/// The attempt succeeded: the ladder starts anew.
pub async fn forget_attempts(database: &Database, subject: &str) -> Result<()> {
    database.execute_repeatable("DELETE FROM lockouts WHERE key = ?", vec![subject.into()]).await?;
    Ok(())
}

/// Uses up a TOTP step. False when this step, or a later one, was used before.
pub async fn use_totp_step(database: &Database, user_id: Uuid, step: i64) -> Result<bool> {
    let sql = "INSERT INTO totp_steps (subject, step) VALUES (?, ?) ON CONFLICT (subject) DO UPDATE SET step = excluded.step \
               WHERE totp_steps.step < excluded.step RETURNING step";
    Ok(database.statement(sql, vec![user_id.to_string().into(), step.into()]).await?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_class_gets_the_strictest_limit() {
        let limits = Limits::new(Pace::per_minute(600), &HashMap::new());
        assert_eq!(limits.of("no such class").per_minute, 10);
        assert_eq!(limits.of("read").per_minute, 600);
    }
}
