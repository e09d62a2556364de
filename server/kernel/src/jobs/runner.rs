//! Does the jobs of one process and database: takes what is due, holds it while it works, and notes how it ended.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::Instant,
};

use super::{
    Job, JobError, Work, payload_of, schedule,
    store::{self, Claimed, End},
};
use crate::{crypto, db::NO_ORG, error::Result, kernel::Kernel};

/// How often the queue is looked at without a wake-up: for pauses that end, jobs of other processes, and those of dead ones.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Well inside the lease, so that one slow answer of the database doesn't lose it.
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// Jobs a process does at once.
const AT_ONCE: usize = 4;
/// How long running jobs may take once the process is asked to stop. What is not done by then waits for another.
const DRAIN: Duration = Duration::from_secs(8);

/// What the runner of a process is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    Work,
    /// Begin nothing more.
    Finish,
    /// Leave what is not done.
    Release,
}

/// The runner of a process. Dropped, it ends where it is, and its jobs wait for their leases to end.
#[derive(Debug)]
pub struct Runner {
    orders: watch::Sender<Order>,
    task: Option<JoinHandle<()>>,
}

impl Runner {
    pub(crate) async fn start(kernel: Arc<Kernel>, works: Vec<Arc<dyn Work>>) -> Result<Self> {
        schedule::declare(&kernel.database, &works, kernel.clock.now()).await?;
        let (orders, told) = watch::channel(Order::Work);
        let house = Arc::new(House { kernel, works });
        Ok(Self { orders, task: Some(tokio::spawn(house.keep_running(told))) })
    }

    /// Begins nothing more; what runs goes on.
    pub fn close(&self) {
        self.orders.send_replace(Order::Finish);
    }

    /// Waits a while for what runs, and leaves the rest to other processes at once.
    pub async fn finish(mut self) {
        self.close();
        let Some(mut task) = self.task.take() else { return };
        if tokio::time::timeout(DRAIN, &mut task).await.is_err() {
            tracing::info!("some jobs are left to another process");
            self.orders.send_replace(Order::Release);
            let _ = tokio::time::timeout(DRAIN, task).await;
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Says that a runner is there, until it is not.
struct Presence<'a>(&'a AtomicUsize);

impl<'a> Presence<'a> {
    fn of(runners: &'a AtomicUsize) -> Self {
        runners.fetch_add(1, Ordering::AcqRel);
        Self(runners)
    }
}

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What all jobs of a process share.
struct House {
    kernel: Arc<Kernel>,
    works: Vec<Arc<dyn Work>>,
}

impl House {
    /// Runs until it is told to finish, and anew after a restart or a panic.
    async fn keep_running(self: Arc<Self>, told: watch::Receiver<Order>) {
        let jobs = &self.kernel.jobs;
        let _presence = Presence::of(&jobs.runners);
        loop {
            let mut task = JoinSet::new();
            task.spawn(Arc::clone(&self).run(told.clone()));
            tokio::select! {
                ended = task.join_next() => match ended {
                    Some(Err(error)) => {
                        tracing::error!(%error, "the job runner broke off; another one begins");
                        tokio::time::sleep(LOOK_EVERY).await;
                    }
                    _ => return,
                },
                () = jobs.restart.notified() => tracing::warn!(target: "streamflow", "the job runner begins anew"),
            }
        }
    }

    async fn run(self: Arc<Self>, mut told: watch::Receiver<Order>) {
        let mut running = JoinSet::new();
        let mut looked: Option<Instant> = None;
        let mut is_there = true;
        while *told.borrow() == Order::Work {
            while running.try_join_next().is_some() {}
            if looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
                looked = Some(Instant::now());
                is_there = self.queue_due(is_there).await;
            }
            if running.len() < AT_ONCE
                && let Some(claimed) = self.claim().await
            {
                running.spawn(Arc::clone(&self).attend(claimed, told.clone()));
                continue;
            }
            tokio::select! {
                () = self.kernel.jobs.wake.notified() => {}
                _ = running.join_next(), if !running.is_empty() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                _ = told.changed() => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// False when the database does not answer; once it does again, it is like a start.
    async fn queue_due(&self, was_there: bool) -> bool {
        let Kernel { database, jobs, clock, .. } = self.kernel.as_ref();
        let queued = async {
            if !was_there {
                schedule::declare(database, &self.works, clock.now()).await?;
            }
            schedule::queue_due(database, jobs, &self.works, clock.now()).await
        };
        let queued: Result<()> = queued.await;
        if let Err(error) = &queued {
            tracing::warn!(?error, "the schedules could not be read");
        }
        queued.is_ok()
    }

    async fn claim(&self) -> Option<Claimed> {
        let kinds: Vec<&'static str> = self.works.iter().map(|work| work.kind()).collect();
        let Kernel { database, ids, clock, .. } = self.kernel.as_ref();
        match store::claim(database, &kinds, ids.uuid(), clock.now()).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::warn!(?error, "the job queue could not be read");
                None
            }
        }
    }

    /// Does a job and notes how that ended.
    async fn attend(self: Arc<Self>, claimed: Claimed, mut told: watch::Receiver<Order>) {
        let Some(work) = self.works.iter().find(|work| work.kind() == claimed.kind).cloned() else { return };
        let end = tokio::select! {
            end = self.attempt(work, &claimed) => end,
            () = released(&mut told) => Some(End::Released),
        };
        let Some(end) = end else {
            tracing::warn!(job = %claimed.id, kind = claimed.kind, "a job was taken over by another process");
            return;
        };
        let outcome = match &end {
            End::Done(_) => "done",
            End::Again(..) => "failed",
            End::Dead(_) => "given_up",
            End::Released => "released",
        };
        metrics::counter!("jobs_total", "kind" => claimed.kind.clone(), "outcome" => outcome).increment(1);
        match &end {
            End::Again(why, at) => {
                tracing::warn!(job = %claimed.id, kind = claimed.kind, attempts = claimed.attempts, why, %at, "a job will be tried again");
            }
            End::Dead(why) => tracing::error!(job = %claimed.id, kind = claimed.kind, why, "a job was given up"),
            End::Done(_) | End::Released => {}
        }
        if let Err(error) = store::end(&self.kernel.database, &claimed, &end, self.kernel.clock.now()).await {
            // Its lease ends, and then it is begun again.
            tracing::error!(?error, job = %claimed.id, "the end of a job could not be noted");
        }
    }

    /// Works in a task of its own, which may panic or keep its thread, and holds the job meanwhile. None when it is lost.
    async fn attempt(&self, work: Arc<dyn Work>, claimed: &Claimed) -> Option<End> {
        let retry = work.retry();
        if !retry.allows_after(claimed.attempts - 1) {
            return Some(End::Dead("the process that did it ended each time".to_owned()));
        }
        let job = match self.open(claimed).await {
            Ok(job) => job,
            Err(why) => return Some(self.failed(work.as_ref(), claimed, why)),
        };
        let (kernel, doing) = (Arc::clone(&self.kernel), Arc::clone(&work));
        let mut task = JoinSet::new();
        task.spawn(async move { doing.run(&kernel, &job).await });
        loop {
            let ended = tokio::select! {
                ended = task.join_next() => ended?,
                () = tokio::time::sleep(RENEW_EVERY) => {
                    match store::renew(&self.kernel.database, claimed, self.kernel.clock.now()).await {
                        Ok(true) => {}
                        Ok(false) => return None,
                        Err(error) => tracing::warn!(?error, job = %claimed.id, "the hold on a job could not be renewed"),
                    }
                    continue;
                }
            };
            return Some(match ended {
                Ok(Ok(result)) => End::Done(result),
                Ok(Err(why)) => self.failed(work.as_ref(), claimed, why),
                Err(error) => {
                    tracing::error!(%error, job = %claimed.id, kind = claimed.kind, "a job broke off");
                    self.failed(work.as_ref(), claimed, JobError::Retry("it broke off inside; the log says where".to_owned()))
                }
            });
        }
    }

    fn failed(&self, work: &dyn Work, claimed: &Claimed, why: JobError) -> End {
        let retry = work.retry();
        match why {
            JobError::Retry(why) if retry.allows_after(claimed.attempts) => {
                let pause = retry.pause(claimed.attempts, self.kernel.ids.token()[0]);
                End::Again(why, self.kernel.clock.now() + pause)
            }
            JobError::Retry(why) | JobError::Dead(why) => End::Dead(why),
        }
    }

    /// The job as its work sees it.
    async fn open(&self, claimed: &Claimed) -> Result<Job, JobError> {
        let unreadable = || JobError::Dead("what it was told can't be decrypted".to_owned());
        let key = self.kernel.keys.of(NO_ORG, &claimed.payload).await?;
        let payload = crypto::decrypt(&key, payload_of(claimed.id), &claimed.payload).map_err(|_| unreadable())?;
        Ok(Job {
            id: claimed.id,
            org_id: claimed.org_id,
            kind: claimed.kind.clone(),
            key: claimed.key.clone(),
            attempt: claimed.attempts,
            payload: payload.to_vec(),
        })
    }
}

/// Ends when what runs is to be left.
async fn released(told: &mut watch::Receiver<Order>) {
    if told.wait_for(|order| *order == Order::Release).await.is_err() {
        // Whoever gives orders is gone: this task is about to be as well.
        std::future::pending::<()>().await;
    }
}
