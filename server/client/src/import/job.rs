//! An import that a process has taken to work on: who it is for, and the hold on it.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    db::{Scope, TenantDb},
    error::{Error, Result},
    feed::Actor,
    ids::{self, prefix},
    kernel::Kernel,
};
use uuid::Uuid;

use super::{
    file::Source,
    store::{self, Model, State},
};
use crate::{
    notification::news::{self, About, News},
    permission,
    record::writer::{Origin, Writer},
    user::domain::visibility,
};

/// A hold ends this long after its last sign of life: then another process may go on.
pub const LEASE: TimeDelta = TimeDelta::seconds(20);
/// Attempts at the same rows before an import fails, and the pause after the first.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

pub struct Job {
    pub kernel: Arc<Kernel>,
    pub import: Model,
    /// What the person sees who started this work.
    pub scope: Scope,
    pub actor_name: String,
    /// Version of the membership that `scope` comes of; none when the person has no right to this work, or needs none.
    pub membership: Option<i64>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("import", &self.import.id).finish_non_exhaustive()
    }
}

#[derive(FromQueryResult)]
struct Waiting {
    org_id: Uuid,
    id: Uuid,
}

/// An import this process took.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub org_id: Uuid,
    pub import_id: Uuid,
    /// End of the hold, and what tells it from another process's.
    pub lease_until: DateTime<Utc>,
}

/// Takes an import that waits for work, if there is one. Two processes never hold the same; a company's imports run one after the
/// other.
pub async fn claim(kernel: &Arc<Kernel>) -> Result<Option<Claim>> {
    let now = kernel.clock.now();
    let sql = "SELECT i.org_id, i.id FROM imports i WHERE i.state IN ('running', 'undoing') \
               AND (i.lease_until IS NULL OR i.lease_until < ?) \
               AND NOT EXISTS (SELECT 1 FROM imports o WHERE o.org_id = i.org_id AND o.id <> i.id \
               AND o.state IN ('running', 'undoing') AND o.lease_until >= ?) ORDER BY i.created_at LIMIT 1";
    let waiting: Vec<Waiting> = kernel.database.system_read().await?.query(sql, vec![now.into(), now.into()]).await?;
    let Some(Waiting { org_id, id }) = waiting.into_iter().next() else {
        return Ok(None);
    };
    let sql = "UPDATE imports SET lease_until = ? WHERE org_id = ? AND id = ? \
               AND state IN ('running', 'undoing') AND (lease_until IS NULL OR lease_until < ?)";
    let lease_until = now + LEASE;
    let db = kernel.database.system().await?;
    let taken = db.execute(sql, vec![lease_until.into(), org_id.into(), id.into(), now.into()]).await?;
    db.commit().await?;
    Ok((taken == 1).then_some(Claim { org_id, import_id: id, lease_until }))
}

#[derive(FromQueryResult)]
struct Person {
    display_name: String,
    role: String,
    read_only: bool,
    disabled_at: Option<DateTime<Utc>>,
    version: i64,
}

#[derive(FromQueryResult)]
struct Team {
    team_id: Uuid,
}

impl Job {
    /// The import with the sight of the person who started the run or the undo, as it is now.
    pub async fn load(kernel: &Arc<Kernel>, claim: Claim) -> Result<Self> {
        let whole = Scope::whole(claim.org_id);
        let db = kernel.database.tenant_read(whole.clone()).await?;
        // Whatever the row says by now: another's hold is not this job's.
        let import = Model { lease_until: Some(claim.lease_until), ..store::import(&db, claim.import_id).await? };
        let sql = "SELECT u.display_name, m.role, m.read_only, m.disabled_at, m.version FROM memberships m JOIN users u ON u.id = m.user_id \
                   WHERE m.org_id = {org} AND m.user_id = ?";
        let people: Vec<Person> = db.query(sql, vec![import.worker().into()]).await?;
        let sql = "SELECT team_id FROM team_members WHERE org_id = {org} AND user_id = ?";
        let teams: Vec<Team> = db.query(sql, vec![import.worker().into()]).await?;
        let may =
            |person: &Person| person.disabled_at.is_none() && !person.read_only && permission::may(&person.role, "import.run");
        let person = people.into_iter().find(may);
        let membership = person.as_ref().map(|person| person.version);
        let (actor_name, role) = person.map(|person| (person.display_name, person.role)).unwrap_or_default();
        let scope = Scope {
            user_id: import.worker(),
            visibility: visibility(&role),
            team_ids: teams.into_iter().map(|team| team.team_id).collect(),
            ..whole
        };
        Ok(Self { kernel: Arc::clone(kernel), import, scope, actor_name, membership })
    }

    /// True when the person who started this work still has the right to.
    pub fn is_permitted(&self) -> bool {
        self.scope.visibility != visibility("")
    }

    pub fn source(&self) -> Source {
        let (org_id, import_id) = (self.import.org_id, self.import.id);
        Source { org: self.kernel.database.org_reader(org_id), import_id }
    }

    /// The person as the writer of records at this moment.
    pub fn writer(&self) -> Writer {
        let actor = Actor { id: Some(self.import.worker()), name: self.actor_name.clone(), at: self.kernel.clock.now() };
        Writer { actor, ids: Arc::clone(&self.kernel.ids), origin: Origin::Import }
    }

    /// A write transaction that holds the import. None when the import is not this job's any more: another process took it over, or
    /// its company is gone.
    pub async fn hold(&self) -> Result<Option<TenantDb>> {
        Ok(self.hold_until().await?.map(|(tx, _)| tx))
    }

    /// Holds the import through work that writes nothing. False when it is not this job's any more.
    pub async fn stay_alive(&mut self) -> Result<bool> {
        let Some((tx, until)) = self.hold_until().await? else {
            return Ok(false);
        };
        tx.commit_changes(&self.writer().actor).await?;
        self.import.lease_until = Some(until);
        Ok(true)
    }

    /// Nobody who took the import over leaves this job's last lease in its row. A person whose rights changed is read anew with the next
    /// claim.
    async fn hold_until(&self) -> Result<Option<(TenantDb, DateTime<Utc>)>> {
        let tx = self.kernel.database.tenant_write(Scope::whole(self.import.org_id)).await?;
        let mut sql = "UPDATE imports SET lease_until = ? WHERE org_id = {org} AND id = ? AND state = ? AND done_rows = ? \
                       AND lease_until = ?"
            .to_owned();
        let until = self.kernel.clock.now() + LEASE;
        let import = &self.import;
        let mut values =
            vec![until.into(), import.id.into(), import.state.clone().into(), import.done_rows.into(), import.lease_until.into()];
        if let Some(version) = self.membership {
            sql += " AND EXISTS (SELECT 1 FROM memberships m WHERE m.org_id = {org} AND m.user_id = ? AND m.version = ?)";
            values.extend([import.worker().into(), version.into()]);
        }
        let held = tx.execute(&sql, values).await? == 1;
        Ok(held.then_some((tx, until)))
    }

    /// Writes the import as `change` makes it, with all the transaction wrote, and tells watchers.
    pub async fn keep(&mut self, tx: TenantDb, change: impl FnOnce(&mut Model)) -> Result<()> {
        let mut import = store::import(&tx, self.import.id).await?;
        change(&mut import);
        let import = store::update_import(&tx, import).await?;
        tx.commit_changes(&self.writer().actor).await?;
        self.import = import;
        Ok(())
    }

    /// Says that the work is over, unless another process took it over.
    pub async fn end(&mut self, state: State, failure: &str) -> Result<()> {
        let Some(tx) = self.hold().await? else {
            return Ok(());
        };
        if state != State::Failed {
            super::chunks::delete_chunks(&tx, self.import.id).await?;
        }
        let now = self.kernel.clock.now();
        news::notify(&tx, self.ended(state, failure)).await?;
        self.keep(tx, |import| {
            import.set_state(state);
            failure.clone_into(&mut import.failure);
            import.finished_at = Some(now);
            import.lease_until = None;
            if state != State::Failed {
                // The corrected cells are in the records now.
                "{}".clone_into(&mut import.fixes);
            }
        })
        .await
    }
}

impl Job {
    /// What the person who started this work is told at its end.
    fn ended(&self, state: State, failure: &str) -> News {
        let Model { file_name, created, updated, skipped, .. } = &self.import;
        let (title, body) = match state {
            State::Done => {
                (format!("The import of {file_name} is done"), format!("{created} added, {updated} updated, {skipped} left out."))
            }
            State::Undone => (format!("The import of {file_name} is undone"), String::new()),
            _ => (format!("The import of {file_name} stopped"), failure.to_owned()),
        };
        News {
            id: self.kernel.ids.uuid(),
            to: self.import.worker(),
            about: About::Import,
            title,
            body,
            link: format!("imports/{}", ids::format(prefix::IMPORT, self.import.id)),
            at: self.kernel.clock.now(),
        }
    }
}

/// Tries at the same piece of work, for troubles that pass: a database that restarts, a row somebody wrote at the same moment.
pub(super) struct Attempts {
    left: u32,
    pause: Duration,
}

impl Attempts {
    pub const fn new() -> Self {
        Self { left: ATTEMPTS, pause: PAUSE }
    }

    /// Waits a while, longer each time; in the end gives the error back.
    pub async fn failed(&mut self, error: Error) -> Result<()> {
        self.left -= 1;
        if self.left == 0 {
            return Err(error);
        }
        tracing::warn!(?error, "an import could not go on; trying again");
        tokio::time::sleep(self.pause).await;
        self.pause *= 3;
        Ok(())
    }
}

/// The text for an import that could not go on.
pub fn stopped(import: &Model, error: &Error) -> String {
    tracing::error!(?error, import = %import.id, "an import failed");
    match import.state() {
        State::Undoing => "The server could not take back everything. Undo again to go on.".to_owned(),
        _ => format!(
            "The server could not write the rows after row {}. What was imported so far is kept: run the import again to go on, or undo it.",
            import.done_rows
        ),
    }
}
