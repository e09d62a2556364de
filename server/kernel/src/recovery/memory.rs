//! Limits, ladders, used codes and sessions while there is no database. Limits and sessions are in memory and gone with the process;
//! failed attempts and used codes are in a file, so that a restart gives no further guesses and no code a second use, and neither does
//! another process on the same data folder: the file is locked, read, changed and written anew each time.

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use streamflow_proto::reason::Reason;
use tokio::sync::Mutex as AsyncMutex;
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    rate_limit::{LADDER_END, Limits, MEMORY, Remaining, SHORT_END, Taken, locked, pause},
    session::Token,
};

/// From sign-in to the end, whatever happens.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(15);
/// Sessions at once; the oldest ends.
const MAX_SESSIONS: usize = 4;
/// Callers whose limits are counted before those of past minutes are dropped.
const MAX_WINDOWS: usize = 10_000;
/// Subjects with failures that are remembered. Beyond that the oldest are forgotten, so that no flood of names shuts anybody out; the
/// limit of each address goes on counting.
const MAX_ATTEMPTS: usize = 1_000;
/// Failures up to which an address is not stopped by what others did to the account: nobody from elsewhere keeps its owner out, however
/// long they try. How many are looked at once is limited by the machine (`PasswordHasher`), and no guess is told which part was wrong.
const OWN: i64 = 3;

/// Longest wait for the lock of the file. A process that was stopped while it had it lets nobody in, and keeps nobody waiting.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks at it.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A session of the emergency account.
#[derive(Clone, Debug)]
pub struct Held {
    pub id: Uuid,
    pub user_id: Uuid,
    pub name: String,
    /// 0 outside Recovery Mode.
    pub round: u64,
    /// 15 minutes after it began; nothing prolongs it.
    pub expires_at: DateTime<Utc>,
}

#[derive(Debug)]
pub struct Memory {
    path: PathBuf,
    limits: Limits,
    windows: Mutex<HashMap<String, (i64, u32)>>,
    sessions: Mutex<Sessions>,
    /// Those of this process queue here, so that one at a time waits for the file.
    turn: Arc<AsyncMutex<()>>,
}

#[derive(Debug, Default)]
struct Sessions {
    round: u64,
    /// Codes of this step and before are no longer good.
    floor: i64,
    held: HashMap<Vec<u8>, Held>,
}

/// What the file holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// Last TOTP step used, by person.
    steps: BTreeMap<Uuid, i64>,
    attempts: BTreeMap<String, Attempts>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Attempts {
    failures: i64,
    locked_until: i64,
    last_failure: i64,
    /// The emergency account itself, which is never forgotten before its time.
    #[serde(default)]
    lasting: bool,
}

impl Kept {
    /// Forgets the oldest beyond the greatest number.
    fn make_room(&mut self) {
        while self.attempts.len() > MAX_ATTEMPTS {
            let oldest =
                self.attempts.iter().filter(|(_, attempts)| !attempts.lasting).min_by_key(|(_, attempts)| attempts.last_failure);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else { return };
            self.attempts.remove(&oldest);
        }
    }
}

impl Memory {
    /// Goes on with `attempts.json` in `folder`, which other processes may share. Fails when that file is there and can't be read.
    pub fn open(folder: &Path, limits: Limits) -> io::Result<Self> {
        let path = folder.join("attempts.json");
        // One that can't be read lets nobody in: better to hear of it now.
        read(&path)?;
        Ok(Self { path, limits, windows: Mutex::default(), sessions: Mutex::default(), turn: Arc::default() })
    }

    /// A new round without sessions.
    pub fn begin_round(&self, floor: i64) -> u64 {
        let mut sessions = self.sessions.lock();
        sessions.held.clear();
        sessions.floor = floor;
        sessions.round += 1;
        sessions.round
    }

    /// Ends every session, those as well that are just being opened.
    pub fn end_all(&self) {
        let mut sessions = self.sessions.lock();
        sessions.held.clear();
        sessions.round += 1;
    }

    /// Sessions of this process that nobody ended; those whose time is over count until the next look-up.
    pub fn live_sessions(&self) -> usize {
        self.sessions.lock().held.len()
    }

    /// Opens a session, unless its round is over.
    pub fn hold(&self, token: &Token, held: Held) -> Result<()> {
        let mut sessions = self.sessions.lock();
        if held.round == 0 || held.round != sessions.round {
            return Err(Error::refused(Reason::NOT_IN_RECOVERY, "Recovery Mode has just ended. Sign in as usual."));
        }
        if sessions.held.len() >= MAX_SESSIONS
            && let Some(oldest) = sessions.held.iter().min_by_key(|(_, held)| held.expires_at).map(|(hash, _)| hash.clone())
        {
            sessions.held.remove(&oldest);
        }
        sessions.held.insert(token.hash(), held);
        Ok(())
    }

    /// The session of a token, while it lasts.
    pub fn session(&self, token_hash: &[u8], now: DateTime<Utc>) -> Option<Held> {
        let mut sessions = self.sessions.lock();
        let round = sessions.round;
        sessions.held.retain(|_, held| held.expires_at > now && held.round == round);
        sessions.held.get(token_hash).cloned()
    }

    pub fn end(&self, session_id: Uuid) {
        self.sessions.lock().held.retain(|_, held| held.id != session_id);
    }

    /// Takes one permit of `class` for `who`.
    pub fn take(&self, class: &str, who: &str, now: DateTime<Utc>) -> Taken {
        let (limit, window) = (self.limits.of(class).per_minute, now.timestamp() / 60);
        let reset = 60 - u32::try_from(now.timestamp().rem_euclid(60)).unwrap_or_default();
        let mut windows = self.windows.lock();
        if windows.len() >= MAX_WINDOWS {
            windows.retain(|_, (kept, _)| *kept == window);
        }
        let used = windows.entry(format!("{class}:{who}")).or_insert((window, 0));
        if used.0 != window {
            *used = (window, 0);
        }
        used.1 = used.1.saturating_add(1);
        let remaining = Remaining { limit, left: limit.saturating_sub(used.1), reset };
        Taken { granted: used.1 <= limit, remaining }
    }

    /// Counts an attempt of an address at the account before its secrets are looked at, or says how long to wait. Strangers slow the
    /// account down for seconds only. `lasting` is true for the account there is.
    pub async fn count_attempt(&self, account: &str, here: &str, lasting: bool, now: DateTime<Utc>) -> Result<()> {
        let (at, account, here) = (now.timestamp(), account.to_owned(), here.to_owned());
        self.change(move |kept| {
            kept.attempts.retain(|_, attempts| attempts.last_failure >= at - MEMORY);
            let is_new = kept.attempts.get(&here).is_none_or(|attempts| attempts.failures < OWN);
            let ends = [(here, LADDER_END, false), (account, SHORT_END, lasting)];
            let asked = if is_new { &ends[..1] } else { &ends[..] };
            let wait = asked.iter().filter_map(|(key, ..)| kept.attempts.get(key)).map(|kept| kept.locked_until - at).max();
            if let Some(wait) = wait.filter(|wait| *wait > 0) {
                return (Change::None, Err(locked(wait)));
            }
            for (key, end, lasting) in ends {
                let before = kept.attempts.get(&key).map_or(0, |attempts| attempts.failures);
                let attempts =
                    Attempts { failures: before + 1, locked_until: at + pause(before, end), last_failure: at, lasting };
                kept.attempts.insert(key, attempts);
            }
            kept.make_room();
            (Change::Made, Ok(()))
        })
        .await?
    }

    /// Uses up a TOTP step and forgets the failures before it. False when this step, or a later one, was used before.
    pub async fn use_step(&self, user_id: Uuid, step: i64, account: &str, here: &str) -> Result<bool> {
        if step <= self.sessions.lock().floor {
            return Ok(false);
        }
        let keys = [account.to_owned(), here.to_owned()];
        self.change(move |kept| {
            if kept.steps.get(&user_id).is_some_and(|used| *used >= step) {
                return (Change::None, false);
            }
            kept.steps.insert(user_id, step);
            for key in keys {
                kept.attempts.remove(&key);
            }
            (Change::Made, true)
        })
        .await
    }

    /// The last TOTP step that each account used, in half minutes since 1970 (RFC 6238). They stay in the file. Fails when it can't be read.
    pub async fn used_steps(&self) -> Result<Vec<(Uuid, i64)>> {
        Ok(self.change(|kept| (Change::None, std::mem::take(&mut kept.steps))).await?.into_iter().collect())
    }

    /// Looks at what all processes know, and writes down what became of it before anybody goes by the answer.
    async fn change<T: Send + 'static>(&self, work: impl FnOnce(&mut Kept) -> (Change, T) + Send + 'static) -> Result<T> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let path = self.path.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let _lock = hold(&path)?;
            let mut kept = read(&path)?;
            let (change, answer) = work(&mut kept);
            if change == Change::Made {
                replace(&path, &serde_json::to_vec(&kept)?)?;
            }
            Ok(answer)
        });
        let done = done.await.map_err(io::Error::other).flatten();
        done.map_err(|error| Error::Unavailable(format!("attempts can't be written down: {error}")))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    None,
    Made,
}

fn read(path: &Path) -> io::Result<Kept> {
    match fs::read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Kept::default()),
        Err(error) => Err(error),
    }
}

/// Keeps other processes from the file until the lock is dropped. The lock is a file of its own, because the other one is replaced.
fn hold(path: &Path) -> io::Result<File> {
    let lock = OpenOptions::new().create(true).append(true).mode(0o600).open(path.with_extension("lock"))?;
    let until = Instant::now() + PATIENCE;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(LOOK_EVERY),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whole or as it was, also after a crash.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("next");
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests;
