//! The watch over the database: into Recovery Mode within five seconds of its loss, and out of it once it has answered steadily.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::{
    task::AbortHandle,
    time::{Instant, MissedTickBehavior, timeout},
};

use super::{Mode, Recovery, journal::Journal, probe::Probe};
use crate::{
    audit,
    error::{Error, Result},
    operator::support_end,
    rate_limit,
};

const EVERY: Duration = Duration::from_secs(1);
/// Without a good answer for that long the database counts as lost. One that hangs costs two questions, one that refuses three.
const LOST_AFTER: Duration = Duration::from_millis(2_900);
/// Good answers for that long lead out of Recovery Mode.
const STEADY: Duration = Duration::from_secs(2);
/// Longest that the watch looks away for the local audit: a database may freeze right after its answer. What was moved stays moved.
const CARRIED_WITHIN: Duration = Duration::from_secs(2);
/// Longest for the way back, for the same reason.
const BACK_WITHIN: Duration = Duration::from_secs(10);

/// The task; it ends when this is dropped.
#[derive(Debug)]
pub struct Watching(AbortHandle);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Recovery {
    pub fn watch(self: &Arc<Self>) -> Watching {
        let watch = Watch { recovery: Arc::clone(self), last_good: Instant::now(), good_since: None };
        Watching(tokio::spawn(watch.run()).abort_handle())
    }

    /// Into Recovery Mode now, as at a start without a database.
    pub async fn enter(&self, problem: &str) {
        let now = self.clock.now();
        let (floor, since) = (now.timestamp() / 30, now);
        {
            let mut mode = self.mode.lock();
            if *mode != Mode::Normal {
                return;
            }
            // A code of this half minute may have been used while the database was there, which alone knew of it.
            let round = self.memory.begin_round(floor);
            *mode = Mode::Recovery { since, round };
        }
        problem.clone_into(&mut self.heard.lock().problem);
        metrics::gauge!("recovery_mode", "space" => self.space).set(1.0);
        tracing::error!(target: "streamflow", system = self.space, problem, "RECOVERY MODE: the database is out of reach; only the emergency account can sign in");
        let record = self.own_record("recovery.entered", serde_json::json!({ "problem": problem }));
        if let Err(error) = self.journal.append(record).await {
            tracing::error!(?error, "entering Recovery Mode could not be written to the local audit file");
        }
    }

    /// Asks once, now, on a connection of its own.
    pub async fn ask_now(&self) -> Result<(), String> {
        let now = self.clock.now();
        let answer = Probe::new(self.location.clone()).ask(now).await;
        self.hear(now, &answer);
        answer
    }

    /// Opens all connections anew, if the database answers. The watch decides about the mode, as ever.
    pub async fn reconnect(&self) -> Result<(), String> {
        self.ask_now().await?;
        if let Some(kernel) = self.system() {
            kernel.database.reopen().await.map_err(|_| "the connection failed".to_owned())?;
        }
        self.nudge.notify_one();
        Ok(())
    }

    fn hear(&self, now: DateTime<Utc>, answer: &Result<(), String>) {
        let mut heard = self.heard.lock();
        heard.asked_at = Some(now);
        match answer {
            Ok(()) => {
                heard.answered_at = Some(now);
                heard.problem.clear();
            }
            Err(problem) => heard.problem.clone_from(problem),
        }
    }

    /// The way back. Whatever fails leaves the system in Recovery Mode, and is tried again.
    async fn leave(&self) -> Result<()> {
        within(BACK_WITHIN, self.hand_over()).await?;
        {
            let mut mode = self.mode.lock();
            self.memory.end_all();
            *mode = Mode::Normal;
        }
        metrics::gauge!("recovery_mode", "space" => self.space).set(0.0);
        tracing::warn!(target: "streamflow", system = self.space, "recovery mode has ended: the database answers; everyone signs in again");
        self.journal.append(self.own_record("recovery.left", serde_json::json!({}))).await
    }

    /// Makes the database what it would be, had it never been away.
    async fn hand_over(&self) -> Result<()> {
        let kernel = self.system().ok_or_else(|| Error::internal("a system that has not started"))?;
        kernel.database.reopen().await?;
        // Before anybody can sign in as usual: a code used here is used there.
        for (user_id, step) in self.memory.used_steps().await? {
            rate_limit::use_totp_step(&kernel.database, user_id, step).await?;
        }
        self.carry_over().await?;
        // What is back may be an older copy, whose sessions were ended since: everyone signs in again.
        let sql = "UPDATE sessions SET revoked_at = ? WHERE revoked_at IS NULL";
        let db = kernel.database.system().await?;
        // Twice: a sign-in that is just being finished holds the first one up, and its session shows only then.
        for _ in 0..2 {
            db.execute(sql, vec![self.clock.now().into()]).await?;
        }
        support_end::recovered(&db, &kernel.jobs).await?;
        db.commit().await?;
        kernel.jobs.wake();
        Ok(())
    }

    /// Moves the local audit into the database, and that of processes which are gone. Records that are there already stay as they are, so
    /// that a crash between the two steps doubles none.
    async fn carry_over(&self) -> Result<()> {
        let Some(kernel) = self.system() else { return Ok(()) };
        let take = |records| audit::insert_once(&kernel.database, records);
        if self.journal.waiting() > 0 {
            self.journal.carry(take).await?;
        }
        let mut left = self.left.lock().await;
        left.extend(self.left_behind().await?);
        while let Some(journal) = left.last() {
            journal.carry(take).await?;
            left.pop();
        }
        Ok(())
    }

    async fn left_behind(&self) -> Result<Vec<Journal>> {
        let (folder, system) = (self.folder.clone(), self.space);
        let found = tokio::task::spawn_blocking(move || Journal::left_behind(&folder, system));
        found.await.map_err(std::io::Error::other).flatten().map_err(Error::internal)
    }
}

async fn within(limit: Duration, work: impl Future<Output = Result<()>>) -> Result<()> {
    timeout(limit, work).await.unwrap_or_else(|_| Err(Error::Unavailable("the database stopped answering".into())))
}

struct Watch {
    recovery: Arc<Recovery>,
    last_good: Instant,
    good_since: Option<Instant>,
}

impl Watch {
    async fn run(mut self) {
        let mut probe = Probe::new(self.recovery.location.clone());
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.recovery.nudge.notified() => {}
            }
            let now = self.recovery.clock.now();
            let answer = probe.ask(now).await;
            self.recovery.hear(now, &answer);
            self.note(&answer);
            self.act(&answer).await;
        }
    }

    fn note(&mut self, answer: &Result<(), String>) {
        let now = Instant::now();
        match answer {
            Ok(()) => {
                self.last_good = now;
                self.good_since.get_or_insert(now);
            }
            Err(_) => self.good_since = None,
        }
    }

    async fn act(&self, answer: &Result<(), String>) {
        let recovery = &self.recovery;
        let is_lost = self.last_good.elapsed() >= LOST_AFTER;
        let is_steady = self.good_since.is_some_and(|since| since.elapsed() >= STEADY);
        match (recovery.mode(), answer) {
            (Mode::Normal, Err(problem)) if is_lost => recovery.enter(problem).await,
            (Mode::Normal, Ok(())) => {
                if let Err(error) = within(CARRIED_WITHIN, recovery.carry_over()).await {
                    tracing::warn!(?error, "the local audit file could not be moved into the database; trying again");
                }
            }
            (Mode::Recovery { .. }, Ok(())) if is_steady && recovery.system().is_some() => {
                if let Err(error) = recovery.leave().await {
                    tracing::error!(?error, "the database answers, and Recovery Mode could not be left; trying again");
                }
            }
            _ => {}
        }
    }
}
