//! What the portal's people hear when the companies' own system does not do what it was asked.

use streamflow_kernel::error::Error;
use tonic::{Code, Status};

/// A refusal of the other system in this one's words. Its own words are for the log.
pub fn refused(status: &Status) -> Error {
    match status.code() {
        Code::NotFound => Error::not_found("company"),
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
