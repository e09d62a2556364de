//! Work that is done again: asked for while it runs, or at its time.

use super::*;

/// Each run waits for a permit.
struct Gated {
    begun: AtomicUsize,
    gate: tokio::sync::Semaphore,
}

#[async_trait]
impl Work for Gated {
    fn kind(&self) -> &'static str {
        "test_gated"
    }

    async fn run(&self, _: &Arc<Kernel>, _: &Job) -> Result<String, JobError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await.expect("an open gate").forget();
        Ok("done".into())
    }
}

/// Scheduled work that counts its runs.
struct Hourly(Arc<AtomicUsize>);

#[async_trait]
impl Work for Hourly {
    fn kind(&self) -> &'static str {
        "test_hourly"
    }

    fn every(&self) -> Option<TimeDelta> {
        Some(TimeDelta::hours(1))
    }

    async fn run(&self, _: &Arc<Kernel>, _: &Job) -> Result<String, JobError> {
        let runs = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        if runs == 2 { Err(JobError::Retry("not the second time".into())) } else { Ok(format!("run {runs}")) }
    }
}

#[derive(sea_orm::FromQueryResult)]
struct Left {
    n: i64,
}

/// Waits until every job of the gate has ended.
async fn none_is_left(world: &World) {
    for _ in 0..1000 {
        let db = world.kernel.database.system_read().await.unwrap();
        let sql = "SELECT COUNT(*) AS n FROM jobs WHERE kind = 'test_gated' AND state IN ('queued', 'running')";
        let rows: Vec<Left> = db.query(sql, vec![]).await.unwrap();
        if rows[0].n == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it goes on");
}

on_both! {
    async fn what_is_asked_for_while_one_runs_is_done_after_it(world) {
        let gate = Arc::new(Gated { begun: AtomicUsize::new(0), gate: tokio::sync::Semaphore::new(0) });
        let running = world.kernel.run_jobs(vec![Arc::clone(&gate) as Arc<dyn Work>]).await.unwrap();
        let collect = || NewJob::new("test_gated").key("all").once_more();
        let id = put(&world, collect()).await.expect("a job");
        reaches(&world, id, "running", 1).await;
        for _ in 0..3 {
            assert_eq!(put(&world, collect()).await, None);
        }
        gate.gate.add_permits(1);
        // Once more for all three, and as a job of its own.
        for _ in 0..1000 {
            if gate.begun.load(Ordering::SeqCst) == 2 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        gate.gate.add_permits(5);
        // As long as the second one runs, what is asked for waits for it.
        none_is_left(&world).await;
        assert_eq!((row(&world, id).await.state.as_str(), gate.begun.load(Ordering::SeqCst)), ("done", 2));
        assert!(put(&world, collect()).await.is_some());
        running.finish().await;
    }

    async fn of_two_schedulers_one_does_what_is_due(world) {
        let twin = world.twin().await;
        let runs = Arc::new(AtomicUsize::new(0));
        let first = world.kernel.run_jobs(vec![Arc::new(Hourly(Arc::clone(&runs)))]).await.unwrap();
        let second = twin.kernel.run_jobs(vec![Arc::new(Hourly(Arc::clone(&runs)))]).await.unwrap();
        let told = async || {
            let db = world.kernel.database.system_read().await.unwrap();
            let seen = overview(&db, world.now()).await.unwrap();
            seen.schedules.into_iter().find(|schedule| schedule.name == "test_hourly").expect("a schedule")
        };
        let reaches = async |count: usize| {
            for _ in 0..1000 {
                if runs.load(Ordering::SeqCst) >= count && !told().await.under_way {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            tokio::time::sleep(Duration::from_millis(1_200)).await;
            assert_eq!(runs.load(Ordering::SeqCst), count);
        };
        reaches(1).await;
        let schedule = told().await;
        assert_eq!((schedule.last_result.as_str(), schedule.next_run_at), ("run 1", world.now() + TimeDelta::hours(1)));
        assert_eq!(schedule.last_finished_at, Some(world.now()));
        // The next one fails once, says so, and is tried again long before its next turn.
        world.pass(TimeDelta::hours(1));
        for _ in 0..1000 {
            if !told().await.last_error.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(told().await.last_error, "not the second time");
        world.pass(TimeDelta::seconds(2));
        reaches(3).await;
        let schedule = told().await;
        assert_eq!((schedule.last_result.as_str(), schedule.last_error.as_str()), ("run 3", ""));
        first.finish().await;
        second.finish().await;
    }
}
