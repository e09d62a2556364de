//! `streamflow.dev.v1.ErrorGroupService`.

use std::cmp::Reverse;

use futures::future::join_all;
use streamflow_kernel::{ctx::Ctx, federation::error_group};
use streamflow_proto::{
    dev::v1::{self as pb, error_group_service_server::ErrorGroupService},
    federation::v1::{self as federation, error_group_service_client::ErrorGroupServiceClient},
};
use tonic::{Request, Response, Status};

use crate::patience::patiently;

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl ErrorGroupService for Api {
    async fn list_error_groups(
        &self,
        request: Request<pb::ListErrorGroupsRequest>,
    ) -> Result<Response<pb::ListErrorGroupsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let own = error_group::count(&ctx, req.days).await?;
        let names: Vec<&'static str> = ctx.federation().peers().collect();
        let others = join_all(names.iter().map(|name| ask(&ctx, name, req.days))).await;
        let mut reply = pb::ListErrorGroupsResponse::default();
        let answers = std::iter::once(Some(own)).chain(others);
        for (system, answer) in std::iter::once(ctx.federation().own()).chain(names).zip(answers) {
            let away = answer.is_none();
            let federation::ListErrorGroupsResponse { groups, counted, capped, left_out } = answer.unwrap_or_default();
            reply.sources.push(pb::ErrorSource { system: system.to_owned(), away, counted, capped, left_out });
            reply.groups.extend(groups.into_iter().map(|group| into_pb(system, group)));
        }
        reply.groups.sort_by_key(|group| Reverse((group.count, group.last_at.map(|at| (at.seconds, at.nanos)))));
        Ok(Response::new(reply))
    }
}

/// None where the other system does not answer as it should.
async fn ask(ctx: &Ctx, name: &str, days: i32) -> Option<federation::ListErrorGroupsResponse> {
    let mut client = ErrorGroupServiceClient::new(ctx.federation().peer(name).ok()?);
    match patiently(client.list_error_groups(federation::ListErrorGroupsRequest { days })).await {
        Ok(answer) => Some(answer),
        Err(status) => {
            tracing::warn!(%status, name, "another system did not tell of its errors");
            None
        }
    }
}

fn into_pb(system: &str, group: federation::ErrorGroup) -> pb::ErrorGroup {
    pb::ErrorGroup {
        fingerprint: group.fingerprint,
        message: group.message,
        place: group.place,
        build: group.build,
        count: group.count,
        companies: group.companies,
        first_at: group.first_at,
        last_at: group.last_at,
        system: system.to_owned(),
    }
}
