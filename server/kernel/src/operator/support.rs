//! Looking at a company, as the system that keeps it lets other systems' people do. What became of each request is known there alone.

use streamflow_proto::federation::v1::{self as pb, support_service_client::SupportServiceClient};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use super::elevation;
use crate::{
    clock::timestamp,
    ctx::Ctx,
    error::{Error, Result, Violations},
    federation::{FederationChannel, guard},
    ids::{self, prefix},
};

pub(super) const SERVICE: &str = "streamflow.federation.v1.SupportService";

pub async fn request(ctx: &Ctx, tenant_id: String, justification: String, minutes: i32) -> Result<pb::Support> {
    let (person_id, person_name) = (person_id(ctx)?, ctx.principal()?.display_name.clone());
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
    let not_after = timestamp(elevation::ends_at(ctx).await?);
    let opened_from = ids::format(prefix::SESSION, ctx.principal()?.session_id);
    let ask = pb::TakeSupportOpeningRequest { support_session_id, person_id: person_id(ctx)?, not_after, opened_from };
    let answer = client(ctx)?.take_support_opening(once(ctx, ask)?).await;
    Ok(answer.map_err(|status| refused(&status, "support session"))?.into_inner().url)
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

/// A repetition of the person's request is one for the other system too.
fn once<T>(ctx: &Ctx, message: T) -> Result<Request<T>> {
    let mut request = Request::new(message);
    if let Some(idempotency) = &ctx.request().idempotency {
        request.metadata_mut().insert(guard::IDEMPOTENCY_KEY, idempotency.key.parse().map_err(Error::internal)?);
    }
    Ok(request)
}

/// A refusal of the other system in this one's words.
fn refused(status: &Status, what: &'static str) -> Error {
    match status.code() {
        Code::NotFound => Error::not_found(what),
        Code::FailedPrecondition => Error::precondition("NO_OPENING", status.message()),
        Code::InvalidArgument => {
            let mut wrong = Violations::new();
            for violation in status.get_error_details().bad_request().into_iter().flat_map(|bad| &bad.field_violations) {
                wrong.add(&violation.field, &violation.description);
            }
            Error::from(wrong)
        }
        Code::Unavailable | Code::DeadlineExceeded | Code::Unauthenticated | Code::ResourceExhausted => {
            tracing::warn!(%status, "the companies' own system did not answer");
            Error::OutOfReach {
                reason: "TENANTS_AWAY",
                text: "The companies’ own system does not answer right now. Try again in a moment: nothing is done twice.",
            }
        }
        _ => Error::internal(format!("the companies' own system refused: {status}")),
    }
}

fn nothing() -> Error {
    Error::internal("an answer without what was asked for")
}
