//! A refusal as a page needs it: code, reason, what is wrong with which field, when to try again, and the number to quote.

use std::time::Duration;

use prost::Message;
use streamflow_reason::Reason;
use tonic::{Code, Status};

/// Why a call failed. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    pub code: Code,
    /// Stable name from `ErrorInfo`, e.g. "THROTTLED"; empty when the server gave none. [`is`](Self::is) compares it.
    pub reason: String,
    /// The server's sentence for the person.
    pub message: String,
    pub violations: Vec<Violation>,
    pub retry_after: Option<Duration>,
    /// Number of the answer, to be quoted when asking for help.
    pub correlation_id: String,
    details: Vec<Any>,
}

/// What is wrong with one field of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path in the request, e.g. "customer.email".
    pub field: String,
    pub message: String,
}

impl ApiError {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            reason: String::new(),
            message: message.into(),
            violations: Vec::new(),
            retry_after: None,
            correlation_id: String::new(),
            details: Vec::new(),
        }
    }

    /// Something this page found wrong by itself, shown like the server's own findings.
    pub fn invalid(field: &str, message: &str) -> Self {
        let mut error = Self::new(Code::InvalidArgument, message);
        error.violations.push(Violation { field: field.to_owned(), message: message.to_owned() });
        error
    }

    /// What fields lack that are empty: name, text, and the sentence for it. Sent like that they would cost one of the attempts there are.
    pub fn missing(fields: &[(&str, &str, &str)]) -> Option<Self> {
        let mut error = Self::new(Code::InvalidArgument, "");
        for (field, _, message) in fields.iter().filter(|(_, text, _)| text.is_empty()) {
            error.violations.push(Violation { field: (*field).to_owned(), message: (*message).to_owned() });
        }
        (!error.violations.is_empty()).then_some(error)
    }

    /// A refusal without violations, shown at one field: "E-mail or password is not right" under the password.
    pub fn at_field(mut self, code: Code, field: &str) -> Self {
        if self.code == code && self.violations.is_empty() {
            self.violations.push(Violation { field: field.to_owned(), message: self.message.clone() });
        }
        self
    }

    pub fn from_status(status: &Status) -> Self {
        let mut error = Self::new(status.code(), status.message());
        if let Some(id) = status.metadata().get("x-request-id").and_then(|id| id.to_str().ok()) {
            id.clone_into(&mut error.correlation_id);
        }
        if let Some(wait) = status.metadata().get("retry-after").and_then(|value| value.to_str().ok()) {
            error.retry_after = wait.parse().ok().map(Duration::from_secs);
        }
        let details = RichStatus::decode(status.details()).unwrap_or_default().details;
        for any in &details {
            error.take_detail(any);
        }
        error.details = details;
        error
    }

    /// The detail of that protobuf type, e.g. `error.detail::<CustomerConflict>("streamflow.example.v1.CustomerConflict")`.
    pub fn detail<M: Message + Default>(&self, type_name: &str) -> Option<M> {
        self.details.iter().find(|any| any.is(type_name)).and_then(|any| M::decode(&*any.value).ok())
    }

    /// It was refused for this reason.
    pub fn is(&self, reason: Reason) -> bool {
        (self.code, &*self.reason) == (reason.code, reason.name)
    }

    /// Nobody is signed in here any more.
    pub fn is_signed_out(&self) -> bool {
        self.code == Code::Unauthenticated && !self.is(Reason::SECOND_FACTOR_NEEDED)
    }

    /// The person's company is closed to its people, or asks for a second factor since, or the session has moved to another one; who is
    /// signed in tells more.
    pub fn is_closed(&self) -> bool {
        [Reason::ORG_SUSPENDED, Reason::OTHER_COMPANY, Reason::SECOND_FACTOR_NEEDED].into_iter().any(|reason| self.is(reason))
    }

    /// The server was not reached, or not in time.
    pub fn is_network(&self) -> bool {
        self.code == Code::Unavailable && self.reason.is_empty()
    }

    /// Worth trying again as it is.
    pub fn is_retryable(&self) -> bool {
        self.retry_after.is_some()
            || matches!(self.code, Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted | Code::Aborted)
    }

    /// The change may have been made although no answer said so.
    pub fn outcome_is_unknown(&self) -> bool {
        matches!(self.code, Code::Unavailable | Code::DeadlineExceeded | Code::Unknown | Code::Internal | Code::Cancelled)
    }

    /// Message of the first violation whose path is `field`, or ends in it.
    pub fn violation(&self, field: &str) -> Option<&str> {
        self.violations.iter().find(|found| same_field(&found.field, field)).map(|found| &*found.message)
    }

    /// One sentence in plain words, also for failures that the server had no words for.
    pub fn sentence(&self) -> String {
        let own = match self.code {
            Code::Unavailable if self.is_network() => t!("The server could not be reached."),
            Code::DeadlineExceeded => t!("The server took too long to answer."),
            Code::Internal | Code::Unknown | Code::DataLoss => t!("Something failed on our side."),
            Code::Unimplemented => t!("The server does not offer this yet."),
            _ if self.message.is_empty() => t!("The server refused this."),
            _ => return self.message.clone(),
        };
        own.to_owned()
    }

    fn take_detail(&mut self, any: &Any) {
        if any.is("google.rpc.BadRequest") {
            let found = BadRequest::decode(&*any.value).unwrap_or_default().field_violations;
            self.violations.extend(found.into_iter().map(|one| Violation { field: one.field, message: one.description }));
        } else if any.is("google.rpc.ErrorInfo") {
            self.reason = ErrorInfo::decode(&*any.value).unwrap_or_default().reason;
        } else if any.is("google.rpc.RetryInfo") {
            let delay = RetryInfo::decode(&*any.value).unwrap_or_default().retry_delay;
            self.retry_after = delay.and_then(|delay| Duration::try_from(delay).ok());
        } else if any.is("google.rpc.RequestInfo") && self.correlation_id.is_empty() {
            self.correlation_id = RequestInfo::decode(&*any.value).unwrap_or_default().request_id;
        }
    }
}

/// Forms name fields shortly ("email"), the server by path ("customer.email").
pub(crate) fn same_field(path: &str, name: &str) -> bool {
    fn ends_in(path: &str, name: &str) -> bool {
        path.strip_suffix(name).is_some_and(|head| head.is_empty() || head.ends_with('.'))
    }
    ends_in(path, name) || ends_in(name, path)
}

// The messages of google/rpc/status.proto and error_details.proto that StreamFlow sends. Declared here because the crate
// that has them all would add them all to every bundle.

#[derive(Clone, PartialEq, Message)]
struct RichStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

impl Any {
    fn is(&self, type_name: &str) -> bool {
        self.type_url.rsplit('/').next() == Some(type_name)
    }
}

#[derive(Clone, PartialEq, Message)]
struct BadRequest {
    #[prost(message, repeated, tag = "1")]
    field_violations: Vec<FieldViolation>,
}

#[derive(Clone, PartialEq, Message)]
struct FieldViolation {
    #[prost(string, tag = "1")]
    field: String,
    #[prost(string, tag = "2")]
    description: String,
}

#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
}

#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<prost_types::Duration>,
}

#[derive(Clone, PartialEq, Message)]
struct RequestInfo {
    #[prost(string, tag = "1")]
    request_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any(name: &str, message: &impl Message) -> Any {
        Any { type_url: format!("type.googleapis.com/{name}"), value: message.encode_to_vec() }
    }

    #[test]
    fn the_details_of_a_status_come_out_as_fields() {
        let bad = BadRequest {
            field_violations: vec![FieldViolation { field: "customer.email".into(), description: "No domain ending".into() }],
        };
        let rich = RichStatus {
            details: vec![
                any("google.rpc.BadRequest", &bad),
                any("google.rpc.ErrorInfo", &ErrorInfo { reason: "INVALID".into() }),
                any("google.rpc.RetryInfo", &RetryInfo { retry_delay: Some(prost_types::Duration { seconds: 8, nanos: 0 }) }),
            ],
        };
        let mut status = Status::with_details(Code::InvalidArgument, "Look again", rich.encode_to_vec().into());
        status.metadata_mut().insert("x-request-id", "req_1".parse().expect("ascii"));

        let error = ApiError::from_status(&status);
        assert_eq!(error.violation("email"), Some("No domain ending"));
        assert_eq!(error.violation("customer.email"), Some("No domain ending"));
        assert_eq!(error.violation("mail"), None);
        assert_eq!(error.reason, "INVALID");
        assert_eq!(error.retry_after, Some(Duration::from_secs(8)));
        assert_eq!(error.correlation_id, "req_1");
        assert_eq!(error.detail::<ErrorInfo>("google.rpc.ErrorInfo").map(|info| info.reason), Some("INVALID".into()));
        assert_eq!(error.sentence(), "Look again");
    }

    #[test]
    fn a_status_without_details_still_has_a_sentence() {
        let error = ApiError::from_status(&Status::new(Code::Internal, "panicked at row 7"));
        assert_eq!(error.sentence(), "Something failed on our side.");
        assert!(error.outcome_is_unknown() && !error.is_signed_out());
    }

    #[test]
    fn who_lacks_only_a_second_factor_is_not_signed_out() {
        let refused = |reason: Reason| ApiError { reason: reason.name.into(), ..ApiError::new(reason.code, "") };
        let ended = refused(Reason::SESSION_ENDED);
        assert!(ended.is_signed_out() && !ended.is_closed());
        let half_way = refused(Reason::SECOND_FACTOR_NEEDED);
        assert!(half_way.is_closed() && !half_way.is_signed_out());
    }
}
