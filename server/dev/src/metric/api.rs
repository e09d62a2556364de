//! `streamflow.dev.v1.MetricService`.

use futures::future::join_all;
use prost_types::Timestamp;
use streamflow_kernel::{
    clock::timestamp,
    ctx::Ctx,
    error::Error,
    federation::metric,
    meter::store::{Range, Slot},
};
use streamflow_proto::{
    dev::v1::{self as pb, metric_service_server::MetricService},
    federation::v1::{ListMetricSlotsRequest, metric_service_client::MetricServiceClient},
};
use tonic::{Request, Response, Status};

use super::domain::{self, Told};
use crate::patience::patiently;

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl MetricService for Api {
    async fn get_metrics(&self, request: Request<pb::GetMetricsRequest>) -> Result<Response<pb::GetMetricsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let range = Range::of_hours(req.hours)?;
        let names: Vec<&'static str> = std::iter::once(ctx.federation().own()).chain(ctx.federation().peers()).collect();
        if !req.system.is_empty() && !names.contains(&req.system.as_str()) {
            return Err(Error::invalid("system", "There is no system of this name.").into());
        }
        let own = metric::own(&ctx, range, ctx.now()).await?;
        let asked = ListMetricSlotsRequest { hours: req.hours, until: timestamp(ctx.now()) };
        let others = join_all(names.iter().skip(1).map(|name| ask(&ctx, name, asked))).await;
        let answers = std::iter::once(Some(own)).chain(others);
        let told = names.iter().zip(answers).map(|(name, slots)| Told { name, slots }).collect();
        let at: Option<Timestamp> = timestamp(ctx.now());
        Ok(Response::new(pb::GetMetricsResponse { at, ..domain::picture(range, &req.system, told) }))
    }
}

/// None where the other system does not answer as it should.
async fn ask(ctx: &Ctx, name: &str, asked: ListMetricSlotsRequest) -> Option<Vec<Slot>> {
    let mut client = MetricServiceClient::new(ctx.federation().peer(name).ok()?);
    match patiently(client.list_metric_slots(asked)).await {
        Ok(answer) => Some(answer.slots.into_iter().map(metric::from_pb).collect()),
        Err(status) => {
            tracing::warn!(%status, name, "another system did not tell of its metrics");
            None
        }
    }
}
