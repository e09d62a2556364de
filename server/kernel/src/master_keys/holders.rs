//! Which processes have which master keys. Each says so itself, so that no key begins to wrap before all can read what it wraps, and
//! none goes that somebody still works with.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{FromQueryResult, Value};
use tokio::{sync::oneshot, task::JoinHandle};
use uuid::Uuid;

use crate::{
    db::Backend,
    error::Result,
    kernel::{Kernel, KeyRing},
};

/// How soon a changed key file is noticed.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often a process says what it has, when nothing changes.
const SAY_EVERY: TimeDelta = TimeDelta::seconds(15);
/// Who has said nothing for so many seconds is not there any more.
pub const GONE_AFTER: i64 = 45;

/// A process that was there within the last [`GONE_AFTER`] seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub process: Uuid,
    /// Machine and process number.
    pub place: String,
    /// Ids of its master keys, the current one first.
    pub key_ids: Vec<String>,
}

impl KeyRing {
    /// The processes that serve this system now.
    pub async fn holders(&self) -> Result<Vec<Holder>> {
        #[derive(FromQueryResult)]
        struct Row {
            process: Uuid,
            place: String,
            key_ids: String,
        }
        let (since, value) = self.ago(GONE_AFTER);
        let sql = format!("SELECT process, place, key_ids FROM master_key_holders WHERE seen_at > {since} ORDER BY process");
        let rows: Vec<Row> = self.database.system_read().await?.query(&sql, value).await?;
        let holder = |Row { process, place, key_ids }| {
            let key_ids = key_ids.split(',').map(str::to_owned).collect();
            Holder { process, place, key_ids }
        };
        Ok(rows.into_iter().map(holder).collect())
    }

    /// Says that a process is there, and which keys it has.
    async fn say(&self, process: Uuid, place: &str) -> Result<()> {
        let (now, value) = self.ago(0);
        let sql = format!(
            "INSERT INTO master_key_holders (process, place, key_ids, seen_at) VALUES (?, ?, ?, {now}) \
             ON CONFLICT (process) DO UPDATE SET key_ids = excluded.key_ids, seen_at = excluded.seen_at"
        );
        let key_ids = self.masters.now().ids().join(",");
        let values = [process.into(), place.into(), key_ids.into()].into_iter().chain(value).collect();
        self.database.system_execute_repeatable(&sql, values).await?;
        Ok(())
    }

    async fn forget_process(&self, process: Uuid) -> Result<()> {
        let (since, value) = self.ago(GONE_AFTER * 10);
        let sql = format!("DELETE FROM master_key_holders WHERE process = ? OR seen_at < {since}");
        let values = std::iter::once(process.into()).chain(value).collect();
        self.database.system_execute_repeatable(&sql, values).await?;
        Ok(())
    }

    /// A time some seconds ago as a statement has it. On PostgreSQL it is the database's: machines may differ.
    fn ago(&self, seconds: i64) -> (String, Vec<Value>) {
        match self.database.backend() {
            Backend::Postgres => (format!("now() - interval '{seconds} seconds'"), vec![]),
            Backend::Sqlite => ("?".to_owned(), vec![(self.clock.now() - TimeDelta::seconds(seconds)).into()]),
        }
    }
}

/// The task of a process. Dropped, it ends where it is.
#[derive(Debug)]
pub struct Holding {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Holding {
    /// Says which keys there are before it returns, and from then on whenever they change.
    pub(crate) async fn start(kernel: &Arc<Kernel>) -> Result<Self> {
        let (process, place) = (kernel.ids.uuid(), place());
        kernel.keys.look();
        kernel.keys.say(process, &place).await?;
        let (stop, stopped) = oneshot::channel();
        Ok(Self { stop, task: tokio::spawn(follow(Arc::clone(kernel), process, place, stopped)) })
    }

    /// Says that the process is gone.
    pub async fn finish(self) {
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "following the master keys broke off");
        }
    }
}

async fn follow(kernel: Arc<Kernel>, process: Uuid, place: String, mut stopped: oneshot::Receiver<()>) {
    let ring = &kernel.keys;
    let mut said_at: Option<DateTime<Utc>> = Some(kernel.clock.now());
    loop {
        let is_last = match tokio::time::timeout(LOOK_EVERY, &mut stopped).await {
            Err(_) => false,
            Ok(Ok(())) => true,
            Ok(Err(_)) => return,
        };
        let space = kernel.portal.space;
        if is_last {
            if let Err(error) = ring.forget_process(process).await {
                tracing::warn!(?error, space, "the process is listed as a holder of master keys for some seconds more");
            }
            return;
        }
        if ring.look() {
            tracing::info!(space, keys = ?ring.masters.now(), "there are other master keys in the file");
            said_at = None;
        }
        let now = kernel.clock.now();
        // A clock that stepped back must not keep it away.
        if said_at.is_some_and(|at| (now - at).abs() < SAY_EVERY) {
            continue;
        }
        match ring.say(process, &place).await {
            Ok(()) => said_at = Some(now),
            Err(error) => tracing::debug!(?error, space, "which master keys the process has is said later"),
        }
    }
}

/// For people who look for the process.
fn place() -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{} {}", machine.trim(), std::process::id()).trim().to_owned()
}
