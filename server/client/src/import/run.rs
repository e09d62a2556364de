//! Works on imports in the background: one runner per process takes those that wait, writes them a few rows at a time and lets
//! everybody else write in between.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use streamflow_kernel::{
    error::{Error, Result},
    kernel::Kernel,
};
use tokio::task::{JoinHandle, JoinSet};

use super::{
    batch,
    domain::subject::Subject,
    file::{Item, Setup, Walk},
    job::{self, Claim, Job},
    leads,
    store::State,
    undo,
};

/// Pause between looks for work.
const POLL: Duration = Duration::from_millis(500);
/// Imports a process works on at once.
const AT_ONCE: usize = 2;
/// Rows of the first transaction; later ones follow from how long it took.
const ROWS: usize = 100;
const FEWEST: usize = 10;
const MOST: usize = 400;
/// Others wait for a transaction to end, on SQLite all of them, and for what it writes to be on disk.
const LONGEST: Duration = Duration::from_millis(25);
/// An import goes on, however slow it is.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Starts the runner of this process. It ends with the process, or with its handle's abort; what it leaves undone goes on at the next
/// start, after the row that was last written.
pub fn start(kernel: Arc<Kernel>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut working = JoinSet::new();
        loop {
            while working.try_join_next().is_some() {}
            let claimed = if working.len() < AT_ONCE { job::claim(&kernel).await } else { Ok(None) };
            match claimed {
                Ok(Some(claim)) => {
                    working.spawn(take_on(Arc::clone(&kernel), claim));
                    continue;
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(?error, "the import runner can't read"),
            }
            tokio::time::sleep(POLL).await;
        }
    })
}

async fn take_on(kernel: Arc<Kernel>, claim: Claim) {
    if let Err(error) = bring_to_end(&kernel, claim).await {
        // Its lease ends, and then somebody tries again.
        tracing::error!(?error, import = %claim.import_id, "an import was left for another attempt");
    }
}

async fn bring_to_end(kernel: &Arc<Kernel>, claim: Claim) -> Result<()> {
    let mut job = Job::load(kernel, claim).await?;
    if !job.is_permitted() {
        return job.end(State::Failed, "The person who started this has no right to import any more.").await;
    }
    let ended = match job.import.state() {
        State::Undoing => undo::work(&mut job).await,
        _ => work(&mut job).await,
    };
    if let Err(error) = ended {
        let text = job::stopped(&job.import, &error);
        job.end(State::Failed, &text).await?;
    }
    Ok(())
}

/// Writes all rows that are not written yet.
pub async fn work(job: &mut Job) -> Result<()> {
    let setup = Setup::load(&job.source(), &job.import).await?;
    let mut walk = Walk::new(job.source(), &setup);
    let mut pace = Pace { rows: ROWS, alive: Instant::now(), answered: job.kernel.meter.answered() };
    loop {
        let mut items = walk.next(pace.rows).await?;
        if items.is_empty() {
            return job.end(State::Done, "").await;
        }
        // The beginning of a file that is resumed is read for the keys in it only.
        let done = u32::try_from(job.import.done_rows).map_err(Error::internal)?;
        items.retain(|item| item.row.number > done);
        let began = Instant::now();
        let held = if items.is_empty() { pace.stay_alive(job).await? } else { write(job, &setup, &items).await? };
        if !held {
            return Ok(());
        }
        if !items.is_empty() {
            pace.follow(began.elapsed());
            let pause = pace.pause(job.kernel.meter.answered(), began.elapsed());
            tokio::time::sleep(pause).await;
        }
        // Whoever waited meanwhile comes first.
        tokio::task::yield_now().await;
    }
}

/// Writes rows in one transaction, or finds that the import is not held any more.
async fn write(job: &mut Job, setup: &Setup, items: &[Item]) -> Result<bool> {
    let mut attempt = job::Attempts::new();
    loop {
        match try_write(job, setup, items).await {
            Ok(held) => return Ok(held),
            Err(error) => attempt.failed(error).await?,
        }
    }
}

async fn try_write(job: &mut Job, setup: &Setup, items: &[Item]) -> Result<bool> {
    let Some(tx) = job.hold().await? else {
        return Ok(false);
    };
    let writer = job.writer();
    let import = (job.import.id, setup);
    let tally = match setup.subject {
        Subject::Customers => batch::write_batch(&tx, &writer, &job.scope, import, items).await?,
        Subject::Leads => leads::write_batch(&tx, &writer, &job.scope, import, items).await?,
    };
    let last = items.last().map_or(0, |item| item.row.number);
    let done_rows = i32::try_from(last).map_err(Error::internal)?;
    job.keep(tx, |import| {
        import.done_rows = done_rows;
        import.created += tally.created;
        import.updated += tally.updated;
        import.unchanged += tally.unchanged;
        import.skipped += tally.skipped;
        import.contacts_created += tally.contacts_created;
    })
    .await?;
    Ok(true)
}

/// How many rows a transaction takes, and how long the next one waits.
struct Pace {
    rows: usize,
    /// Last sign of life while reading what is done already.
    alive: Instant,
    /// What people had been answered by the last transaction's end.
    answered: u64,
}

impl Pace {
    fn follow(&mut self, took: Duration) {
        if took > LONGEST {
            self.rows = (self.rows / 2).max(FEWEST);
        } else if took < LONGEST / 2 {
            self.rows = (self.rows * 3 / 2).min(MOST);
        }
    }

    /// Leaves the machine to people for as long as it was taken from them, if any were answered meanwhile: alone, the import goes on at
    /// once. `answered` counts them from the begin of the process.
    fn pause(&mut self, answered: u64, took: Duration) -> Duration {
        let before = std::mem::replace(&mut self.answered, answered);
        if answered == before { Duration::ZERO } else { took.min(LONGEST_PAUSE) }
    }

    /// Keeps the hold on the import through a long read.
    async fn stay_alive(&mut self, job: &mut Job) -> Result<bool> {
        if self.alive.elapsed() < Duration::from_secs(5) {
            return Ok(true);
        }
        self.alive = Instant::now();
        job.stay_alive().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_makes_room_for_people_who_are_there() {
        let mut pace = Pace { rows: ROWS, alive: Instant::now(), answered: 7 };
        let took = Duration::from_millis(20);
        assert_eq!(pace.pause(7, took), Duration::ZERO);
        assert_eq!(pace.pause(8, took), took);
        assert_eq!(pace.pause(8, took), Duration::ZERO);
        assert_eq!(pace.pause(9, Duration::from_secs(3)), LONGEST_PAUSE);
    }
}
