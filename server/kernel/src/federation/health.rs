//! `streamflow.federation.v1.HealthService`.

use streamflow_proto::federation::v1::{self as pb, health_service_server::HealthService};
use tonic::{Request, Response, Status};

use crate::{clock::timestamp, ctx::Ctx, operator::overview};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl HealthService for Api {
    async fn get_health(&self, request: Request<pb::GetHealthRequest>) -> Result<Response<pb::GetHealthResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let parts = overview::health(&ctx).await;
        Ok(Response::new(pb::GetHealthResponse {
            system: ctx.federation().own().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            at: timestamp(ctx.now()),
            parts: parts
                .into_iter()
                .map(|part| pb::PartHealth { name: part.name.to_owned(), healthy: part.healthy, detail: part.detail })
                .collect(),
        }))
    }
}
