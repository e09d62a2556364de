//! What a person asks of another system through this one.

use streamflow_proto::reason::Reason;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::{
    ctx::Ctx,
    error::{Error, Result, Violations},
    federation::{channel, guard},
};

/// A repetition of the person's request is one for the other system too.
pub fn once<T>(ctx: &Ctx, message: T) -> Result<Request<T>> {
    let mut request = Request::new(message);
    if let Some(idempotency) = &ctx.request().idempotency {
        request.metadata_mut().insert(guard::IDEMPOTENCY_KEY, idempotency.key.parse().map_err(Error::internal)?);
    }
    Ok(request)
}

/// A refusal of the other system in this one's words.
pub fn refused(status: &Status, what: &'static str) -> Error {
    match status.code() {
        Code::NotFound => Error::not_found(what),
        Code::InvalidArgument => {
            let mut wrong = Violations::new();
            for violation in status.get_error_details().bad_request().into_iter().flat_map(|bad| &bad.field_violations) {
                wrong.add(&violation.field, &violation.description);
            }
            Error::from(wrong)
        }
        _ if is_away(status) => {
            tracing::warn!(%status, "the companies' own system did not answer");
            let text = "The companies’ own system does not answer right now. Try again in a moment: nothing is done twice.";
            Error::refused(Reason::TENANTS_AWAY, text)
        }
        _ => Error::internal(format!("the companies' own system refused: {status}")),
    }
}

/// Whether the other system gave no answer of its own.
pub fn is_away(status: &Status) -> bool {
    channel::is_away(status.code())
}
