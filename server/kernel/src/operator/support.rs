//! Looking at a company, as the system that keeps it lets other systems' people do. What became of each request is known there alone.

use streamflow_proto::{
    federation::v1::{self as pb, support_service_client::SupportServiceClient},
    reason::Reason,
};
use tonic::{Code, Status};

use super::{
    ask::{once, refused},
    elevation,
};
use crate::{
    clock::timestamp,
    ctx::Ctx,
    error::{Error, Result},
    federation::FederationChannel,
    ids::{self, prefix},
};

pub(super) const SERVICE: &str = "streamflow.federation.v1.SupportService";

pub async fn request(ctx: &Ctx, tenant_id: String, justification: String, minutes: i32) -> Result<pb::Support> {
    let (person_id, person_name) = (person_id(ctx)?, ctx.principal()?.display_name.clone());
    elevation::still_held(ctx).await?;
    let ask = pb::RequestSupportRequest { tenant_id, person_id, person_name, justification, minutes };
    let answer = client(ctx)?.request_support(once(ctx, ask)?).await;
    answer.map_err(|status| refused(&status, "company"))?.into_inner().support.ok_or_else(nothing)
}

/// The newest of this system; of one company where `tenant_id` says so.
pub async fn list(ctx: &Ctx, tenant_id: String) -> Result<Vec<pb::Support>> {
    let answer = client(ctx)?.list_support(pb::ListSupportRequest { tenant_id }).await;
    Ok(answer.map_err(|status| refused(&status, "company"))?.into_inner().supports)
}

/// The address that opens a session, which ends with the right that this is asked under.
pub async fn take_opening(ctx: &Ctx, support_session_id: String) -> Result<String> {
    let not_after = timestamp(elevation::still_held(ctx).await?);
    let opened_from = ids::format(prefix::SESSION, ctx.principal()?.session_id);
    let ask = pb::TakeSupportOpeningRequest { support_session_id, person_id: person_id(ctx)?, not_after, opened_from };
    let answer = client(ctx)?.take_support_opening(once(ctx, ask)?).await;
    let no = |status: Status| match status.code() {
        Code::FailedPrecondition => Error::refused(Reason::NO_OPENING, status.message().to_owned()),
        _ => refused(&status, "support session"),
    };
    Ok(answer.map_err(no)?.into_inner().url)
}

pub async fn end(ctx: &Ctx, support_session_id: String) -> Result<pb::Support> {
    let (person_id, person_name) = (person_id(ctx)?, ctx.principal()?.display_name.clone());
    let ask = pb::EndSupportRequest { support_session_id, person_id, person_name };
    let answer = client(ctx)?.end_support(once(ctx, ask)?).await;
    answer.map_err(|status| refused(&status, "support session"))?.into_inner().support.ok_or_else(nothing)
}

/// The person as other systems hear of them.
pub fn person_id(ctx: &Ctx) -> Result<String> {
    Ok(ids::format(prefix::USER, ctx.principal()?.user_id))
}

fn client(ctx: &Ctx) -> Result<SupportServiceClient<FederationChannel>> {
    Ok(SupportServiceClient::new(ctx.federation().serving(SERVICE)?))
}

fn nothing() -> Error {
    Error::internal("an answer without what was asked for")
}
