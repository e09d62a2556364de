//! Jobs: they commit with the write, one runner does each, and whatever breaks off is begun again.

mod again;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use streamflow_kernel::{
    db::Scope,
    feed::Actor,
    jobs::{Job, JobError, NewJob, Retry, Runner, Work, overview},
    kernel::Kernel,
};
use streamflow_tests::{on_both, world::World};
use tonic::async_trait;
use uuid::Uuid;

const KIND: &str = "test_work";

/// What happened to the jobs of a test, by what they were told.
#[derive(Default)]
struct Log {
    begun: Mutex<HashMap<String, usize>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
    hangs: AtomicBool,
}

/// Does as it is told.
struct Told {
    log: Arc<Log>,
    retry: Retry,
}

#[async_trait]
impl Work for Told {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn retry(&self) -> Retry {
        self.retry
    }

    async fn run(&self, _: &Arc<Kernel>, job: &Job) -> Result<String, JobError> {
        let told: String = job.payload()?;
        *self.log.begun.lock().unwrap().entry(told.clone()).or_default() += 1;
        let at_once = self.log.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.log.most_at_once.fetch_max(at_once, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.log.at_once.fetch_sub(1, Ordering::SeqCst);
        match told.as_str() {
            "fail" => Err(JobError::Retry("not today".into())),
            "never" => Err(JobError::Dead("not ever".into())),
            "panic" => panic!("as told"),
            "hang" if self.log.hangs.load(Ordering::SeqCst) => std::future::pending().await,
            _ => Ok("done as told".into()),
        }
    }
}

async fn runner(world: &World, log: &Arc<Log>, retry: Retry) -> Runner {
    world.kernel.run_jobs(vec![Arc::new(Told { log: Arc::clone(log), retry })]).await.unwrap()
}

fn job(told: &str) -> NewJob {
    NewJob::new(KIND).payload(told.into())
}

async fn put(world: &World, job: NewJob) -> Option<Uuid> {
    let db = world.kernel.database.system().await.unwrap();
    let id = world.kernel.jobs.put(&db, None, job).await.unwrap();
    db.commit().await.unwrap();
    world.kernel.jobs.wake();
    id
}

#[derive(Debug, PartialEq)]
struct Row {
    state: String,
    attempts: i32,
    last_error: String,
    result: String,
    pause: TimeDelta,
}

async fn row(world: &World, id: Uuid) -> Row {
    let db = world.kernel.database.system_read().await.unwrap();
    let rows: Vec<RowOfJob> =
        db.query("SELECT state, attempts, last_error, result, run_at FROM jobs WHERE id = ?", vec![id.into()]).await.unwrap();
    let RowOfJob { state, attempts, last_error, result, run_at } = rows.into_iter().next().expect("a job");
    Row { state, attempts, last_error, result, pause: run_at - world.now() }
}

#[derive(sea_orm::FromQueryResult)]
struct RowOfJob {
    state: String,
    attempts: i32,
    last_error: String,
    result: String,
    run_at: chrono::DateTime<chrono::Utc>,
}

/// The job once it is in this state after so many attempts.
async fn reaches(world: &World, id: Uuid, state: &str, attempts: i32) -> Row {
    for _ in 0..1000 {
        let row = row(world, id).await;
        if row.state == state && row.attempts == attempts {
            return row;
        }
        world.kernel.jobs.wake();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no {state} after {attempts} attempts, but {:?}", row(world, id).await);
}

#[derive(sea_orm::FromQueryResult)]
struct Payload {
    payload: Vec<u8>,
}

/// What all jobs of the test are told, as the database keeps it.
async fn payloads(world: &World) -> Vec<Vec<u8>> {
    let db = world.kernel.database.system_read().await.unwrap();
    let rows: Vec<Payload> = db.query("SELECT payload FROM jobs WHERE kind = 'test_work'", vec![]).await.unwrap();
    rows.into_iter().map(|row| row.payload).collect()
}

on_both! {
    async fn a_job_is_there_when_its_write_is_and_gone_when_it_is_not(world) {
        let org = streamflow_kernel::ids::parse("org_", &world.company("Harrow & Pike").await.org_id).unwrap();
        let scope = Scope::whole(org);
        let tx = world.kernel.database.tenant_write(scope.clone()).await.unwrap();
        world.kernel.jobs.put_for_org(&tx, job("lost")).await.unwrap().expect("a job");
        drop(tx);
        let db = world.kernel.database.system().await.unwrap();
        world.kernel.jobs.put(&db, Some(org), job("lost too")).await.unwrap().expect("a job");
        drop(db);
        assert!(payloads(&world).await.is_empty());
        let tx = world.kernel.database.tenant_write(scope).await.unwrap();
        let kept = world.kernel.jobs.put_for_org(&tx, job("kept")).await.unwrap().expect("a job");
        tx.commit_changes(&Actor { id: None, name: String::new(), at: world.now() }).await.unwrap();
        // What it is told is of no use to somebody who reads the database.
        let [payload] = payloads(&world).await.try_into().expect("one job");
        assert!(!payload.is_empty() && !String::from_utf8_lossy(&payload).contains("kept"));
        let log = Arc::new(Log::default());
        let running = runner(&world, &log, Retry::DEFAULT).await;
        let done = reaches(&world, kept, "done", 1).await;
        assert_eq!((done.result.as_str(), done.last_error.as_str()), ("done as told", ""));
        assert_eq!(*log.begun.lock().unwrap(), HashMap::from([("kept".to_owned(), 1)]));
        assert_eq!(payloads(&world).await, [Vec::<u8>::new()]);
        running.finish().await;
    }

    async fn two_runners_do_each_job_once(world) {
        let twin = world.twin().await;
        let log = Arc::new(Log::default());
        let runners = [runner(&world, &log, Retry::DEFAULT).await, runner(&twin, &log, Retry::DEFAULT).await];
        let mut ids = Vec::new();
        for n in 0..40 {
            let by = if n % 2 == 0 { &world } else { &twin };
            ids.push(put(by, job(&format!("job {n}"))).await.expect("a job"));
        }
        for id in ids {
            reaches(&world, id, "done", 1).await;
        }
        assert!(log.begun.lock().unwrap().values().all(|times| *times == 1));
        assert_eq!(log.begun.lock().unwrap().len(), 40);
        // Four a process, and no more.
        assert!((2..=8).contains(&log.most_at_once.load(Ordering::SeqCst)));
        for runner in runners {
            runner.finish().await;
        }
    }

    async fn a_job_of_a_dead_process_is_begun_again_after_its_lease(world) {
        let log = Arc::new(Log::default());
        log.hangs.store(true, Ordering::SeqCst);
        let dying = runner(&world, &log, Retry::DEFAULT).await;
        let id = put(&world, job("hang")).await.unwrap();
        reaches(&world, id, "running", 1).await;
        drop(dying);
        log.hangs.store(false, Ordering::SeqCst);
        let heir = runner(&world, &log, Retry::DEFAULT).await;
        world.kernel.jobs.wake();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(row(&world, id).await.attempts, 1, "a live lease was broken");
        world.pass(TimeDelta::seconds(31));
        reaches(&world, id, "done", 2).await;
        heir.finish().await;
    }

    async fn a_restart_breaks_off_what_hangs_and_goes_on_with_the_rest(world) {
        let log = Arc::new(Log::default());
        log.hangs.store(true, Ordering::SeqCst);
        let running = runner(&world, &log, Retry::DEFAULT).await;
        let mut hanging = Vec::new();
        for _ in 0..4 {
            let id = put(&world, job("hang")).await.unwrap();
            reaches(&world, id, "running", 1).await;
            hanging.push(id);
        }
        let kept_out = put(&world, job("well")).await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(row(&world, kept_out).await.attempts, 0, "a process does four at once");
        log.hangs.store(false, Ordering::SeqCst);
        assert!(world.kernel.jobs.restart());
        reaches(&world, kept_out, "done", 1).await;
        world.pass(TimeDelta::seconds(31));
        for id in hanging {
            reaches(&world, id, "done", 2).await;
        }
        running.finish().await;
        assert!(!world.kernel.jobs.restart(), "nothing runs any more");
    }

    async fn a_process_that_ends_well_leaves_its_jobs_at_once(world) {
        let log = Arc::new(Log::default());
        log.hangs.store(true, Ordering::SeqCst);
        let ending = runner(&world, &log, Retry::DEFAULT).await;
        let id = put(&world, job("hang")).await.unwrap();
        reaches(&world, id, "running", 1).await;
        ending.finish().await;
        // No attempt was used up, and no lease has to end.
        assert_eq!((row(&world, id).await.state.as_str(), row(&world, id).await.attempts), ("queued", 0));
        let not_begun = put(&world, job("later")).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(row(&world, not_begun).await.attempts, 0);
    }

    async fn failures_wait_longer_each_time_and_end_as_dead_letters(world) {
        let log = Arc::new(Log::default());
        let running = runner(&world, &log, Retry::times(4)).await;
        let id = put(&world, job("fail")).await.unwrap();
        for (attempt, pause) in [(1, 1_000), (2, 2_000), (3, 4_000)] {
            let failed = reaches(&world, id, "queued", attempt).await;
            assert_eq!(failed.last_error, "not today");
            let (least, most) = (TimeDelta::milliseconds(pause * 3 / 4), TimeDelta::milliseconds(pause * 5 / 4));
            assert!((least..=most).contains(&failed.pause), "{attempt}: {}", failed.pause);
            // Not a moment before.
            world.pass(failed.pause - TimeDelta::milliseconds(1));
            world.kernel.jobs.wake();
            tokio::time::sleep(Duration::from_millis(100)).await;
            assert_eq!(row(&world, id).await.attempts, attempt);
            world.pass(TimeDelta::milliseconds(1));
        }
        assert_eq!(reaches(&world, id, "dead", 4).await.last_error, "not today");
        let hopeless = put(&world, job("never")).await.unwrap();
        assert_eq!(reaches(&world, hopeless, "dead", 1).await.last_error, "not ever");
        // A panic is a failure like others, and the runner survives it.
        let broken = put(&world, job("panic")).await.unwrap();
        assert!(reaches(&world, broken, "queued", 1).await.last_error.contains("broke off"));
        let well = put(&world, job("well")).await.unwrap();
        reaches(&world, well, "done", 1).await;
        let seen = overview(&world.kernel.database.system_read().await.unwrap(), world.now()).await.unwrap();
        assert_eq!((seen.dead, seen.retrying, seen.running), (2, 1, 0));
        running.finish().await;
    }

    async fn a_job_that_ends_its_process_each_time_is_given_up(world) {
        let log = Arc::new(Log::default());
        log.hangs.store(true, Ordering::SeqCst);
        let id = put(&world, job("hang")).await.unwrap();
        for attempt in 1..=2 {
            let dying = runner(&world, &log, Retry::times(2)).await;
            reaches(&world, id, "running", attempt).await;
            drop(dying);
            world.pass(TimeDelta::seconds(31));
        }
        let last = runner(&world, &log, Retry::times(2)).await;
        assert!(reaches(&world, id, "dead", 3).await.last_error.contains("the process"));
        last.finish().await;
    }

    async fn of_a_key_one_waits_or_runs(world) {
        let first = put(&world, job("once").key("k")).await.expect("a job");
        assert_eq!(put(&world, job("once").key("k")).await, None);
        assert!(put(&world, job("other").key("l")).await.is_some());
        let org = streamflow_kernel::ids::parse("org_", &world.company("Harrow & Pike").await.org_id).unwrap();
        let db = world.kernel.database.system().await.unwrap();
        assert!(world.kernel.jobs.put(&db, Some(org), job("theirs").key("k")).await.unwrap().is_some());
        db.commit().await.unwrap();
        let log = Arc::new(Log::default());
        let running = runner(&world, &log, Retry::DEFAULT).await;
        reaches(&world, first, "done", 1).await;
        assert!(put(&world, job("again").key("k")).await.is_some());
        running.finish().await;
    }

    async fn a_process_takes_no_work_it_does_not_know(world) {
        let id = put(&world, NewJob::new("of_a_newer_version")).await.unwrap();
        let running = runner(&world, &Arc::new(Log::default()), Retry::DEFAULT).await;
        let known = put(&world, job("known")).await.unwrap();
        reaches(&world, known, "done", 1).await;
        assert_eq!((row(&world, id).await.state.as_str(), row(&world, id).await.attempts), ("queued", 0));
        running.finish().await;
    }
}
