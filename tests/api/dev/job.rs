//! `JobService` of the dev portal.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::{ConnectionTrait as _, TransactionTrait as _};
use streamflow_kernel::{
    db::Backend,
    jobs::{Job, JobError, NewJob, Retry, Runner, Work},
    kernel::Kernel,
};
use streamflow_migrations::System;
use streamflow_proto::dev::v1::{self as pb, job_service_client::JobServiceClient};
use streamflow_tests::{
    answer::{fields, reason},
    operator::Desk,
};
use tonic::{Code, Request, async_trait, transport::Channel};

/// Gives up until it is repaired.
struct Fragile(Arc<AtomicBool>);

#[async_trait]
impl Work for Fragile {
    fn kind(&self) -> &'static str {
        "fragile"
    }

    fn retry(&self) -> Retry {
        Retry::times(3)
    }

    async fn run(&self, _: &Arc<Kernel>, _: &Job) -> Result<String, JobError> {
        if self.0.load(Ordering::SeqCst) { Ok("held".into()) } else { Err(JobError::Dead("a screw is loose".into())) }
    }
}

/// A dev portal that does jobs.
struct House {
    desk: Desk,
    repaired: Arc<AtomicBool>,
    _runner: Runner,
}

impl House {
    async fn open(backend: Backend) -> Self {
        let desk = Desk::start_on(backend, System::Dev).await;
        let repaired = Arc::new(AtomicBool::new(false));
        let runner = desk.kernel.run_jobs(vec![Arc::new(Fragile(Arc::clone(&repaired)))]).await.unwrap();
        Self { desk, repaired, _runner: runner }
    }

    fn jobs(&self) -> JobServiceClient<Channel> {
        JobServiceClient::new(self.desk.channel.clone())
    }

    /// As somebody who has taken on the right to change what runs.
    async fn ask<T>(&self, message: T) -> Request<T> {
        self.desk.request(message, Some(&self.desk.elevated("jobs").await))
    }

    async fn put(&self, kind: &'static str, key: &str) {
        let db = self.desk.kernel.database.system().await.unwrap();
        self.desk.kernel.jobs.put(&db, None, NewJob::new(kind).key(key)).await.unwrap().expect("a job");
        db.commit().await.unwrap();
        self.desk.kernel.jobs.wake();
    }

    async fn list(&self, filter: &str) -> Vec<pb::Job> {
        let list = self.ask(pb::ListJobsRequest { filter: filter.into(), ..Default::default() }).await;
        self.jobs().list_jobs(list).await.unwrap().into_inner().jobs
    }

    /// The jobs that `filter` finds, once there are so many.
    async fn reaches(&self, filter: &str, count: usize) -> Vec<pb::Job> {
        for _ in 0..1000 {
            let found = self.list(filter).await;
            if found.len() == count {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never {count} of {filter}, but {:?}", self.list("").await);
    }

    async fn schedule(&self, name: &str) -> pb::Schedule {
        let list = self.ask(pb::ListSchedulesRequest {}).await;
        let found = self.jobs().list_schedules(list).await.unwrap().into_inner().schedules;
        found.into_iter().find(|schedule| schedule.name == name).expect("a schedule")
    }

    /// The schedule once it does not run.
    async fn at_rest(&self, name: &str) -> pb::Schedule {
        for _ in 0..1000 {
            let schedule = self.schedule(name).await;
            if !schedule.under_way && schedule.last_finished_at.is_some() {
                return schedule;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{name} never ended");
    }
}

async fn a_dead_letter_is_seen_retried_and_discarded(house: House) {
    let mut jobs = house.jobs();
    house.at_rest("prune").await;
    house.put("fragile", "one").await;
    house.put("fragile", "two").await;
    let dead = house.reaches("state = dead AND kind = fragile", 2).await;
    assert!(dead.iter().all(|job| job.last_error == "a screw is loose" && job.attempts == 1 && job.finished_at.is_some()));
    assert_eq!((dead[0].key.as_str(), dead[1].key.as_str(), dead[0].org_id.as_str()), ("two", "one", ""));
    let queue = jobs.get_queue(house.ask(pb::GetQueueRequest {}).await).await.unwrap().into_inner();
    assert_eq!((queue.dead, queue.running, queue.waiting), (2, 0, 0));

    house.repaired.store(true, Ordering::SeqCst);
    let job_id = dead[0].id.clone();
    let again = jobs.retry_job(house.ask(pb::RetryJobRequest { job_id: job_id.clone() }).await).await.unwrap().into_inner();
    assert_eq!(again.job.unwrap().attempts, 0);
    let done = house.reaches("state = done AND kind = fragile", 1).await;
    assert_eq!((done[0].id.as_str(), done[0].result.as_str()), (job_id.as_str(), "held"));
    let get = house.ask(pb::GetJobRequest { job_id: job_id.clone() }).await;
    assert_eq!(jobs.get_job(get).await.unwrap().into_inner().job.unwrap(), done[0]);
    for refused in [
        jobs.retry_job(house.ask(pb::RetryJobRequest { job_id: job_id.clone() }).await).await.unwrap_err(),
        jobs.discard_job(house.ask(pb::DiscardJobRequest { job_id: job_id.clone() }).await).await.unwrap_err(),
    ] {
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert!(["NOT_RETRYABLE", "NOT_DEAD"].contains(&reason(&refused).as_str()));
    }

    let discard = pb::DiscardJobRequest { job_id: dead[1].id.clone() };
    jobs.discard_job(house.ask(discard.clone()).await).await.unwrap();
    assert_eq!(house.list("kind = fragile").await.len(), 1);
    assert_eq!(jobs.discard_job(house.ask(discard).await).await.unwrap_err().code(), Code::NotFound);
}

async fn a_job_is_not_retried_beside_its_like(house: House) {
    house.at_rest("prune").await;
    house.put("fragile", "one").await;
    let dead = house.reaches("state = dead", 1).await;
    // Somebody else queued the same work meanwhile, for later.
    let db = house.desk.kernel.database.system().await.unwrap();
    let later = house.desk.kernel.clock.now() + chrono::TimeDelta::hours(1);
    house.desk.kernel.jobs.put(&db, None, NewJob::new("fragile").key("one").at(later)).await.unwrap().expect("a job");
    db.commit().await.unwrap();
    let retry = house.ask(pb::RetryJobRequest { job_id: dead[0].id.clone() }).await;
    assert_eq!(reason(&house.jobs().retry_job(retry).await.unwrap_err()), "NOT_RETRYABLE");
    // The one that waits can be hurried.
    let waiting = house.list("state = queued").await.remove(0);
    house.repaired.store(true, Ordering::SeqCst);
    house.jobs().retry_job(house.ask(pb::RetryJobRequest { job_id: waiting.id.clone() }).await).await.unwrap();
    assert_eq!(house.reaches("state = done AND kind = fragile", 1).await[0].id, waiting.id);
}

async fn a_schedule_tells_its_turns_and_runs_when_asked(house: House) {
    let before = house.at_rest("prune").await;
    assert_eq!((before.every_seconds, before.last_error.as_str()), (3_600, ""));
    assert!(
        before.last_result.ends_with("rows deleted")
            && before.next_run_at.unwrap().seconds > before.last_finished_at.unwrap().seconds
    );
    house.jobs().run_schedule(house.ask(pb::RunScheduleRequest { name: "prune".into() }).await).await.unwrap();
    assert_eq!(house.reaches("state = done AND kind = prune", 2).await.len(), 2);
    // Its turn stays where it was.
    assert_eq!(house.at_rest("prune").await.next_run_at, before.next_run_at);
    let unknown = house.ask(pb::RunScheduleRequest { name: "nothing".into() }).await;
    assert_eq!(house.jobs().run_schedule(unknown).await.unwrap_err().code(), Code::NotFound);
}

async fn jobs_come_newest_first_page_by_page(house: House) {
    house.at_rest("prune").await;
    for n in 0..7 {
        house.put("of_another_kind", &n.to_string()).await;
    }
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        let list = pb::ListJobsRequest { page_size: 3, page_token, filter: "kind : another".into() };
        let reply = house.jobs().list_jobs(house.ask(list).await).await.unwrap().into_inner();
        seen.extend(reply.jobs.into_iter().map(|job| job.key));
        page_token = reply.page.unwrap().next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, ["6", "5", "4", "3", "2", "1", "0"]);
    let wrong = pb::ListJobsRequest { page_size: -1, filter: "payload = x".into(), page_token: String::new() };
    assert_eq!(fields(&house.jobs().list_jobs(house.ask(wrong).await).await.unwrap_err()), ["page_size", "filter"]);
    for job_id in ["", "7", "usr_00000000000000000000000000000001", "job_00000000000000000000000000000001"] {
        let get = house.ask(pb::GetJobRequest { job_id: job_id.into() }).await;
        assert_eq!(house.jobs().get_job(get).await.unwrap_err().code(), Code::NotFound);
    }
}

async fn nobody_but_the_engineer_is_let_in(house: House) {
    let pending = house.desk.session("pending").await;
    for token in [None, Some(pending.as_str())] {
        let desk = &house.desk;
        let mut jobs = house.jobs();
        let codes = [
            jobs.get_queue(desk.request(pb::GetQueueRequest {}, token)).await.unwrap_err().code(),
            jobs.list_schedules(desk.request(pb::ListSchedulesRequest {}, token)).await.unwrap_err().code(),
            jobs.run_schedule(desk.request(pb::RunScheduleRequest { name: "prune".into() }, token)).await.unwrap_err().code(),
            jobs.list_jobs(desk.request(pb::ListJobsRequest::default(), token)).await.unwrap_err().code(),
            jobs.get_job(desk.request(pb::GetJobRequest::default(), token)).await.unwrap_err().code(),
            jobs.retry_job(desk.request(pb::RetryJobRequest::default(), token)).await.unwrap_err().code(),
            jobs.discard_job(desk.request(pb::DiscardJobRequest::default(), token)).await.unwrap_err().code(),
        ];
        assert_eq!(codes, [Code::Unauthenticated; 7]);
    }
}

async fn looking_needs_no_right_of_its_own_and_doing_does(house: House) {
    house.at_rest("prune").await;
    let (desk, mut jobs) = (&house.desk, house.jobs());
    for token in [desk.session("full").await, desk.elevated("support").await, desk.elevated("tenants").await] {
        let token = Some(token.as_str());
        let looked = [
            jobs.get_queue(desk.request(pb::GetQueueRequest {}, token)).await.is_ok(),
            jobs.list_schedules(desk.request(pb::ListSchedulesRequest {}, token)).await.is_ok(),
            jobs.list_jobs(desk.request(pb::ListJobsRequest::default(), token)).await.is_ok(),
        ];
        assert_eq!(looked, [true; 3]);
        let refused = [
            reason(&jobs.run_schedule(desk.request(pb::RunScheduleRequest { name: "prune".into() }, token)).await.unwrap_err()),
            reason(&jobs.retry_job(desk.request(pb::RetryJobRequest::default(), token)).await.unwrap_err()),
            reason(&jobs.discard_job(desk.request(pb::DiscardJobRequest::default(), token)).await.unwrap_err()),
        ];
        assert_eq!(refused, ["ELEVATION_REQUIRED"; 3]);
    }
    assert_eq!(house.list("kind = prune").await.len(), 1, "nothing was queued");
}

/// Whoever gives the right back while a request with it waits in line does not have it done.
async fn a_right_that_ends_while_the_request_waits_does_nothing(house: House) {
    house.at_rest("prune").await;
    let intruder = house.desk.intruder().await;
    let is_postgres = house.desk.kernel.database.backend() == Backend::Postgres;
    let hold = if is_postgres { "LOCK TABLE schedules IN ACCESS EXCLUSIVE MODE" } else { "UPDATE schedules SET name = name" };
    let ask = house.ask(pb::RunScheduleRequest { name: "prune".into() }).await;
    let held = intruder.begin().await.unwrap();
    held.execute_unprepared(hold).await.unwrap();
    let mut jobs = house.jobs();
    let in_line = tokio::spawn(async move { jobs.run_schedule(ask).await });
    // Let in by then; one that comes later is refused at the door. On SQLite it waits there, to be counted.
    house.desk.somebody_waits().await;
    assert!(!in_line.is_finished(), "it waits");
    held.execute_unprepared("UPDATE elevations SET ended_at = created_at").await.unwrap();
    held.commit().await.unwrap();
    assert_eq!(reason(&in_line.await.unwrap().unwrap_err()), "ELEVATION_REQUIRED");
    assert_eq!(house.list("kind = prune").await.len(), 1, "nothing was queued");
}

/// Each on SQLite and on PostgreSQL.
macro_rules! on_both_databases {
    ($($name:ident)+) => {
        mod on_sqlite {
            use super::*;

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(House::open(Backend::Sqlite).await).await;
            })+
        }

        mod on_postgres {
            use super::*;

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(House::open(Backend::Postgres).await).await;
            })+
        }
    };
}

on_both_databases! {
    a_dead_letter_is_seen_retried_and_discarded
    a_job_is_not_retried_beside_its_like
    a_schedule_tells_its_turns_and_runs_when_asked
    jobs_come_newest_first_page_by_page
    nobody_but_the_engineer_is_let_in
    looking_needs_no_right_of_its_own_and_doing_does
    a_right_that_ends_while_the_request_waits_does_nothing
}
