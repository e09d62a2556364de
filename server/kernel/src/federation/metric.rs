//! `streamflow.federation.v1.MetricService`, and the same figures of one's own system.

use chrono::{DateTime, Utc};
use streamflow_proto::federation::v1::{self as pb, metric_service_server::MetricService};
use tonic::{Request, Response, Status};

use crate::{
    clock::timestamp,
    ctx::Ctx,
    error::{Error, Result},
    meter::{
        figures::Figures,
        store::{self, Range, Slot},
    },
};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl MetricService for Api {
    async fn list_metric_slots(
        &self,
        request: Request<pb::ListMetricSlotsRequest>,
    ) -> Result<Response<pb::ListMetricSlotsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let range = Range::of_hours(req.hours)?;
        let until = req.until.and_then(|at| DateTime::from_timestamp(at.seconds, 0));
        let until = until.ok_or_else(|| Error::invalid("until", "Say when the range ends."))?;
        let slots = own(&ctx, range, until).await?;
        Ok(Response::new(pb::ListMetricSlotsResponse { slots: slots.into_iter().map(into_pb).collect() }))
    }
}

/// What the processes of the system that the request came to have measured.
pub async fn own(ctx: &Ctx, range: Range, until: DateTime<Utc>) -> Result<Vec<Slot>> {
    store::slots(&ctx.system_read().await?, range, until).await
}

fn into_pb(slot: Slot) -> pb::MetricSlot {
    let Slot { at, figures } = slot;
    pb::MetricSlot {
        begins_at: timestamp(at),
        seconds: figures.seconds,
        outcomes: figures.outcomes.into_iter().map(|(code, count)| (code.into_owned(), count)).collect(),
        durations: figures.durations.into_iter().map(|(bucket, count)| (bucket.into(), count)).collect(),
        limited: figures.limited.into_iter().map(|(class, count)| (class.into_owned(), count)).collect(),
        failed_sign_ins: figures.failed_sign_ins,
        feed_lag_millis: figures.feed_lag_millis,
        jobs_due: figures.jobs_due,
        oldest_job_seconds: figures.oldest_job_seconds,
        memory_bytes: figures.memory_bytes,
    }
}

/// What another system told.
pub fn from_pb(slot: pb::MetricSlot) -> Slot {
    let at = slot.begins_at.and_then(|at| DateTime::from_timestamp(at.seconds, 0)).unwrap_or_default();
    let figures = Figures {
        seconds: slot.seconds,
        outcomes: slot.outcomes.into_iter().map(|(code, count)| (code.into(), count)).collect(),
        durations: slot.durations.into_iter().filter_map(|(bucket, count)| Some((u16::try_from(bucket).ok()?, count))).collect(),
        limited: slot.limited.into_iter().map(|(class, count)| (class.into(), count)).collect(),
        failed_sign_ins: slot.failed_sign_ins,
        feed_lag_millis: slot.feed_lag_millis,
        jobs_due: slot.jobs_due,
        oldest_job_seconds: slot.oldest_job_seconds,
        memory_bytes: slot.memory_bytes,
    };
    Slot { at, figures }
}
