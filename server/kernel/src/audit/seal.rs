//! Gives audit records their place in the chain of their company, soon after their transactions have committed: a chain that grew
//! inside them would make all writers of a company wait for each other.
//!
//! One process at a time does it, by a lease in `audit_sealer`. The lease only saves work: each addition also moves that row's
//! `turn` on, so that of two processes that add to the same state one fails and adds nothing. Records, links and the new turn
//! are one transaction, so a process that dies leaves no gap and no half of anything.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{FromQueryResult, Value};
use tokio::{sync::oneshot, task::JoinHandle};
use uuid::Uuid;

use super::{
    AuditRecord, COLUMNS,
    chain::Head,
    checkpoint::{self, Checkpoint, Checkpoints},
    trail,
};
use crate::{
    clock::Clock,
    crypto::{MasterRing, SigningKey},
    db::{Backend, Column, Database, SystemDb},
    error::{Error, Result},
};

/// How long a record waits at most, while the server keeps up.
const EVERY: Duration = Duration::from_secs(1);
/// Records of one addition.
const BATCH: usize = 1000;
/// A process that died is followed by another after this time.
const LEASE: TimeDelta = TimeDelta::seconds(3);
const CHECKPOINT_EVERY: TimeDelta = TimeDelta::seconds(60);

/// What sealing needs from outside.
pub struct Parts {
    pub database: Database,
    pub clock: Arc<dyn Clock>,
    /// Name of the system, part of every hash.
    pub system: &'static str,
    /// Of this process.
    pub id: Uuid,
    /// The current one signs.
    pub masters: Arc<MasterRing>,
    /// Folder of the checkpoint files; should be on another disk or machine than the database.
    pub folder: PathBuf,
}

/// The task of a process. Dropped, it ends where it is.
#[derive(Debug)]
pub struct Sealing {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Sealing {
    pub fn start(parts: Parts) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self { stop, task: tokio::spawn(Sealer::new(parts).run(stopped)) }
    }

    /// Seals what is left, makes a last checkpoint, and hands over to the next process at once.
    pub async fn finish(self) {
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "sealing the audit broke off");
        }
    }
}

struct Sealer {
    parts: Parts,
    chains: Option<Chains>,
    /// The key that signed last, and the last position of each chain that this process's file of checkpoints has under it; none before
    /// the file was read.
    witnessed: Option<(String, HashMap<Uuid, i64>)>,
    checkpoint_at: Option<DateTime<Utc>>,
}

/// Where the chains ended at a turn.
struct Chains {
    turn: i64,
    heads: HashMap<Uuid, Head>,
}

#[derive(FromQueryResult)]
struct State {
    turn: i64,
    sealed_below: i64,
    holder: Option<Uuid>,
    leased_until: Option<DateTime<Utc>>,
    /// Records of transactions (rows) below are all visible.
    visible_below: i64,
}

/// A record's place in its company's chain.
struct Link {
    org: Uuid,
    head: Head,
    record: Uuid,
}

#[derive(FromQueryResult)]
struct Unsealed {
    #[sea_orm(nested)]
    record: AuditRecord,
    place: i64,
}

impl Sealer {
    fn new(parts: Parts) -> Self {
        Self { parts, chains: None, witnessed: None, checkpoint_at: None }
    }

    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        let mut is_last = false;
        loop {
            self.seal(is_last).await;
            let now = self.parts.clock.now();
            // A clock that stepped back must not keep checkpoints away.
            let is_due = self.checkpoint_at.is_none_or(|at| now < at || now - at >= CHECKPOINT_EVERY);
            if is_due || is_last {
                self.checkpoint(now).await;
            }
            if is_last {
                return self.release().await;
            }
            is_last = match tokio::time::timeout(EVERY, &mut stopped).await {
                Err(_) => false,
                Ok(Ok(())) => true,
                Ok(Err(_)) => return,
            };
        }
    }

    /// Seals until nothing is left. At the end of a process it does so whoever holds the lease: that one may be dead.
    async fn seal(&mut self, is_last: bool) {
        loop {
            match self.pass(is_last).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    self.chains = None;
                    tracing::warn!(?error, system = self.parts.system, "the audit could not be sealed; trying again");
                    return;
                }
            }
        }
    }

    /// One addition. True when there may be more to do.
    async fn pass(&mut self, is_last: bool) -> Result<bool> {
        let now = self.parts.clock.now();
        let db = self.parts.database.system_read().await?;
        let state = state(&db).await?;
        let is_others = state.holder.is_some_and(|holder| holder != self.parts.id);
        if !is_last && is_others && state.leased_until.is_some_and(|until| until > now) {
            return Ok(false);
        }
        if self.chains.as_ref().is_none_or(|chains| chains.turn != state.turn) {
            self.chains = Some(Chains { turn: state.turn, heads: trail::heads(&db).await? });
        }
        // A database that was moved to another cluster, or a file that was put together anew, counts from the beginning.
        let is_behind = state.sealed_below > state.visible_below;
        let from = if is_behind { 0 } else { state.sealed_below };
        let unsealed = unsealed(&db, from).await?;
        drop(db);
        if unsealed.is_empty() && !is_behind {
            return Ok(false);
        }
        let is_full = unsealed.len() == BATCH;
        let last = unsealed.last().map_or(state.visible_below, |unsealed| unsealed.place);
        let sealed_below = match (is_full, is_behind) {
            (false, _) => state.visible_below,
            // Later transactions may still commit below the last record.
            (true, false) => last.min(state.visible_below),
            (true, true) => state.sealed_below,
        };
        Ok(self.add(unsealed, state.turn, sealed_below, now).await? && is_full)
    }

    /// False when another process was faster, and nothing was added.
    async fn add(&mut self, unsealed: Vec<Unsealed>, turn: i64, sealed_below: i64, now: DateTime<Utc>) -> Result<bool> {
        let chains = self.chains.as_mut().ok_or_else(|| Error::internal("chains that were not read"))?;
        let mut moved: HashMap<Uuid, Head> = HashMap::new();
        let mut links = Vec::with_capacity(unsealed.len());
        for Unsealed { record, .. } in unsealed {
            let org = record.org_id;
            let before = moved.get(&org).or_else(|| chains.heads.get(&org)).copied().unwrap_or_default();
            let head = before.after(self.parts.system, &record);
            moved.insert(org, head);
            links.push(Link { org, head, record: record.id });
        }
        let db = self.parts.database.system().await?;
        let sql =
            "UPDATE audit_sealer SET turn = turn + 1, sealed_below = ?, holder = ?, leased_until = ? WHERE id = 1 AND turn = ?";
        let taken = vec![sealed_below.into(), self.parts.id.into(), (now + LEASE).into(), turn.into()];
        if db.execute(sql, taken).await? == 0 {
            return Ok(false);
        }
        let count = links.len();
        insert(&db, links).await?;
        db.commit().await?;
        chains.heads.extend(moved);
        chains.turn = turn + 1;
        metrics::counter!("audit_records_sealed_total").increment(count as u64);
        Ok(true)
    }

    /// Signs where the chains are that moved since the last time.
    async fn checkpoint(&mut self, now: DateTime<Utc>) {
        let Some(chains) = &self.chains else { return };
        let Parts { system, masters, folder, .. } = &self.parts;
        let key = &SigningKey::derive(&masters.now(), checkpoint::PURPOSE);
        let path = checkpoint::file_of(folder, system);
        // Another key signs all chains once: what hangs on the one before is of less use from then on.
        let (_, witnessed) = match &mut self.witnessed {
            Some(witnessed) if witnessed.0 == key.id() => witnessed,
            none => none.insert((key.id().to_owned(), read_witnessed(&path, system, key))),
        };
        let mut lines = Vec::new();
        for (org, head) in &chains.heads {
            if witnessed.get(org).is_none_or(|position| *position < head.position) {
                lines.push(Checkpoint::sign(key, system, *org, *head, now));
            }
        }
        self.checkpoint_at = Some(now);
        if lines.is_empty() {
            return;
        }
        let written = tokio::task::spawn_blocking(move || checkpoint::append(&path, &lines).map(|()| lines)).await;
        match written.map_err(std::io::Error::other).flatten() {
            Ok(lines) => {
                witnessed.extend(lines.iter().map(|line| (line.org, line.position)));
                metrics::counter!("audit_checkpoints_total", "outcome" => "written").increment(lines.len() as u64);
            }
            Err(error) => {
                metrics::counter!("audit_checkpoints_total", "outcome" => "failed").increment(1);
                tracing::error!(%error, system, "checkpoints of the audit could not be written");
            }
        }
    }

    async fn release(&self) {
        let sql = "UPDATE audit_sealer SET holder = NULL, leased_until = NULL WHERE id = 1 AND holder = ?";
        if let Err(error) = self.parts.database.execute(sql, vec![self.parts.id.into()]).await {
            tracing::warn!(?error, "the lease on the audit's chains was left to end by itself");
        }
    }
}

/// What the file has already. Lines that this key did not sign count for nothing: nobody is to keep new ones away with them.
fn read_witnessed(path: &Path, system: &str, key: &SigningKey) -> HashMap<Uuid, i64> {
    let mut checkpoints = Checkpoints::default();
    if let Err(error) = checkpoints.read(path) {
        tracing::warn!(%error, system, "the audit's checkpoints could not be read; all chains get a new one");
    }
    let keys = [key.public()];
    let mut witnessed = HashMap::new();
    for line in checkpoints.all.iter().filter(|line| line.system == system && line.is_genuine(&keys)) {
        let position = witnessed.entry(line.org).or_insert(line.position);
        *position = line.position.max(*position);
    }
    witnessed
}

async fn insert(db: &SystemDb, links: Vec<Link>) -> Result<()> {
    if links.is_empty() {
        return Ok(());
    }
    if db.backend() == Backend::Postgres {
        let columns = vec![
            Column::Uuids(links.iter().map(|link| link.org).collect()),
            Column::Numbers(links.iter().map(|link| link.head.position).collect()),
            Column::Uuids(links.iter().map(|link| link.record).collect()),
            Column::Bytes(links.iter().map(|link| link.head.hash.to_vec()).collect()),
        ];
        let sql = "INSERT INTO audit_chain (org_id, position, record_id, hash) \
                   SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bytea[])";
        db.execute_columns(sql, columns).await?;
        return Ok(());
    }
    let rows = vec!["(?, ?, ?, ?)"; links.len()].join(", ");
    let values = links.into_iter().flat_map(|Link { org, head, record }| -> [Value; 4] {
        [org.into(), head.position.into(), record.into(), head.hash.to_vec().into()]
    });
    let sql = format!("INSERT INTO audit_chain (org_id, position, record_id, hash) VALUES {rows}");
    db.execute(&sql, values.collect()).await?;
    Ok(())
}

async fn state(db: &SystemDb) -> Result<State> {
    let visible_below = match db.backend() {
        Backend::Postgres => "pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
        Backend::Sqlite => "(SELECT COALESCE(MAX(rowid), 0) + 1 FROM audit)",
    };
    let sql = format!(
        "SELECT turn, sealed_below, holder, leased_until, {visible_below} AS visible_below FROM audit_sealer WHERE id = 1"
    );
    let rows: Vec<State> = db.query(&sql, vec![]).await?;
    rows.into_iter().next().ok_or_else(|| Error::internal("audit_sealer has lost its row"))
}

/// Visible records without a link, oldest transactions first. There is no upper bound: whatever is visible may be sealed, only
/// looking may not go past what is still hidden.
async fn unsealed(db: &SystemDb, from: i64) -> Result<Vec<Unsealed>> {
    let (column, place, bound, value): (_, _, _, Value) = match db.backend() {
        Backend::Postgres => ("a.xid", "a.xid::text::bigint", "?::text::xid8", from.to_string().into()),
        Backend::Sqlite => ("a.rowid", "a.rowid", "?", from.into()),
    };
    let sql = format!(
        "SELECT {COLUMNS}, {place} AS place FROM audit a WHERE {column} >= {bound} AND NOT EXISTS \
         (SELECT 1 FROM audit_chain c WHERE c.org_id = a.org_id AND c.record_id = a.id) ORDER BY {column}, a.id LIMIT {BATCH}"
    );
    db.query(&sql, vec![value]).await
}
