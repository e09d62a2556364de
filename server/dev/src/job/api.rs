//! `streamflow.dev.v1.JobService`.

use streamflow_kernel::{
    clock::timestamp,
    ctx::Ctx,
    error::{Error, Result},
    ids::{self, prefix},
    jobs::{self, desk},
    list::ListRequest,
};
use streamflow_proto::{
    common::v1::PageInfo,
    dev::v1::{self as pb, job_service_server::JobService},
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl JobService for Api {
    async fn get_queue(&self, request: Request<pb::GetQueueRequest>) -> Result<Response<pb::GetQueueResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let queue = jobs::overview(&ctx.system_read().await?, ctx.now()).await?;
        Ok(Response::new(pb::GetQueueResponse {
            waiting: queue.waiting,
            retrying: queue.retrying,
            running: queue.running,
            dead: queue.dead,
            done: queue.done,
            oldest_due_at: queue.oldest_due_at.and_then(timestamp),
            at: timestamp(ctx.now()),
        }))
    }

    async fn list_schedules(
        &self,
        request: Request<pb::ListSchedulesRequest>,
    ) -> Result<Response<pb::ListSchedulesResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let schedules = desk::schedules(&ctx).await?;
        Ok(Response::new(pb::ListSchedulesResponse { schedules: schedules.into_iter().map(schedule).collect() }))
    }

    async fn run_schedule(&self, request: Request<pb::RunScheduleRequest>) -> Result<Response<pb::RunScheduleResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let db = desk::run_schedule(&ctx, &req.name).await?;
        let reply = db.commit(pb::RunScheduleResponse {}).await?;
        ctx.jobs().wake();
        Ok(reply)
    }

    async fn list_jobs(&self, request: Request<pb::ListJobsRequest>) -> Result<Response<pb::ListJobsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let asked =
            ListRequest { page_size: req.page_size, page_token: &req.page_token, filter: &req.filter, ..ListRequest::default() };
        let (jobs, next_page_token) = desk::jobs(&ctx, asked).await?;
        let page = Some(PageInfo { next_page_token, ..PageInfo::default() });
        Ok(Response::new(pb::ListJobsResponse { jobs: jobs.into_iter().map(job).collect(), page }))
    }

    async fn get_job(&self, request: Request<pb::GetJobRequest>) -> Result<Response<pb::GetJobResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let found = desk::job(&ctx, id(&req.job_id)?).await?;
        Ok(Response::new(pb::GetJobResponse { job: Some(job(found)) }))
    }

    async fn retry_job(&self, request: Request<pb::RetryJobRequest>) -> Result<Response<pb::RetryJobResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let (db, queued) = desk::retry(&ctx, id(&req.job_id)?).await?;
        let reply = db.commit(pb::RetryJobResponse { job: Some(job(queued)) }).await?;
        ctx.jobs().wake();
        Ok(reply)
    }

    async fn discard_job(&self, request: Request<pb::DiscardJobRequest>) -> Result<Response<pb::DiscardJobResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let db = desk::discard(&ctx, id(&req.job_id)?).await?;
        Ok(db.commit(pb::DiscardJobResponse {}).await?)
    }
}

fn id(text: &str) -> Result<Uuid> {
    ids::parse(prefix::JOB, text).ok_or(Error::not_found("job"))
}

fn schedule(schedule: jobs::Schedule) -> pb::Schedule {
    pb::Schedule {
        name: schedule.name,
        every_seconds: schedule.every_seconds,
        next_run_at: timestamp(schedule.next_run_at),
        last_started_at: schedule.last_started_at.and_then(timestamp),
        last_finished_at: schedule.last_finished_at.and_then(timestamp),
        last_result: schedule.last_result,
        last_error: schedule.last_error,
        under_way: schedule.under_way,
    }
}

fn job(job: desk::Model) -> pb::Job {
    pb::Job {
        id: ids::format(prefix::JOB, job.id),
        kind: job.kind,
        key: job.key,
        state: state(&job.state).into(),
        org_id: ids::format_option(prefix::ORG, (!job.org_id.is_nil()).then_some(job.org_id)),
        attempts: job.attempts,
        created_at: timestamp(job.created_at),
        run_at: timestamp(job.run_at),
        started_at: job.started_at.and_then(timestamp),
        finished_at: job.finished_at.and_then(timestamp),
        result: job.result,
        last_error: job.last_error,
    }
}

fn state(stored: &str) -> pb::JobState {
    match stored {
        "queued" => pb::JobState::Queued,
        "running" => pb::JobState::Running,
        "done" => pb::JobState::Done,
        "dead" => pb::JobState::Dead,
        _ => pb::JobState::Unspecified,
    }
}
