//! `streamflow.federation.v1.ErrorGroupService`, and the same count of one's own system.

use chrono::TimeDelta;
use streamflow_proto::federation::v1::{self as pb, error_group_service_server::ErrorGroupService};
use tonic::{Request, Response, Status};

use crate::{
    client_errors::groups::{self, Group},
    clock::timestamp,
    ctx::Ctx,
    error::{Error, Result},
};

const MAX_DAYS: i32 = 30;

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl ErrorGroupService for Api {
    async fn list_error_groups(
        &self,
        request: Request<pb::ListErrorGroupsRequest>,
    ) -> Result<Response<pb::ListErrorGroupsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        Ok(Response::new(count(&ctx, req.days).await?))
    }
}

/// What the pages of the portal that the request came to have reported within the last days.
pub async fn count(ctx: &Ctx, days: i32) -> Result<pb::ListErrorGroupsResponse> {
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(Error::invalid("days", "Choose 1 to 30 days."));
    }
    let since = ctx.now() - TimeDelta::days(i64::from(days));
    let found = groups::groups(&ctx.system_read().await?, ctx.portal(), since).await?;
    Ok(pb::ListErrorGroupsResponse {
        groups: found.groups.into_iter().map(into_pb).collect(),
        counted: small(found.counted),
        capped: found.capped,
        left_out: small(found.left_out),
    })
}

fn into_pb(group: Group) -> pb::ErrorGroup {
    pb::ErrorGroup {
        count: small(group.count),
        companies: small(group.companies),
        first_at: timestamp(group.first_at),
        last_at: timestamp(group.last_at),
        fingerprint: group.fingerprint,
        message: group.message,
        place: group.place,
        build: group.build,
    }
}

fn small(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
