//! The one error of the server. It keeps apart what a caller may read and what only the log may.

mod database;

use std::{borrow::Cow, collections::HashMap, fmt, time::Duration};

use prost::Message as _;
use sea_orm::{DbErr, SqlErr};
use streamflow_proto::reason::Reason;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// `google.rpc.ErrorInfo.domain` of every reason.
pub const DOMAIN: &str = "streamflow";

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request was not done. [`From<Error> for Status`](Status) is the only way out.
#[derive(Debug)]
pub enum Error {
    /// Input that can't be accepted; every problem at once.
    Invalid(Violations),
    /// Missing, or of another company: the same bytes for both.
    NotFound { what: &'static str },
    /// For one of the reasons that programs go by: the caller may not, is nobody, or the state of things forbids it now. The caller may
    /// read the text.
    Refused { reason: Reason, text: Cow<'static, str> },
    /// Somebody else changed the same fields. `detail` is an encoded message of type `type_name`.
    Conflict { type_name: String, detail: Vec<u8> },
    /// It is there already, and differs in these fields.
    Exists { text: &'static str, differs: Violations },
    /// The idempotency key was used for another request.
    KeyReused { text: &'static str },
    /// The idempotent twin has finished meanwhile; the access layer answers with its reply.
    Replay,
    /// Too many requests.
    Throttled { text: String, retry_after: Duration },
    /// A part the server needs does not answer, and nothing was changed.
    Unavailable(String),
    /// The way to the database broke while it was saving: what was asked for may be there, or not.
    Unsure(String),
    /// The disk under the database takes nothing more.
    Storage(String),
    /// Ours, not the caller's. The text is for the log only.
    Internal(String),
}

impl Error {
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        let mut violations = Violations::new();
        violations.add(field, message);
        Self::Invalid(violations)
    }

    pub const fn not_found(what: &'static str) -> Self {
        Self::NotFound { what }
    }

    pub fn refused(reason: Reason, text: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused { reason, text: text.into() }
    }

    /// `detail` travels as a `google.protobuf.Any` of type `type_name` (full protobuf name).
    pub fn conflict<M: prost::Message + prost::Name>(detail: &M) -> Self {
        Self::Conflict { type_name: M::full_name(), detail: detail.encode_to_vec() }
    }

    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }

    /// True of a database that may do later what it did not do now: it does not answer, has no connection or no room left, or takes no
    /// writes.
    pub const fn is_for_now(&self) -> bool {
        match self {
            Self::Refused { reason, .. } => matches!(reason.code, Code::Unavailable),
            _ => matches!(self, Self::Unavailable(_) | Self::Unsure(_) | Self::Storage(_)),
        }
    }

    /// True when a unique index refused the row.
    pub fn is_unique_violation(error: &DbErr) -> bool {
        matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
    }
}

impl From<crate::password::PasswordError> for Error {
    fn from(error: crate::password::PasswordError) -> Self {
        match error {
            crate::password::PasswordError::Overloaded => Self::Throttled {
                text: "Too many people are signing in right now. Please try again in a moment.".into(),
                retry_after: Duration::from_secs(2),
            },
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations)
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(violations) => violations.into_status(),
            Error::Exists { text, differs } => {
                let details = differs.into_details();
                with_reason(Reason::ALREADY_EXISTS, text, details)
            }
            Error::NotFound { what } => reasoned(Reason::NOT_FOUND, format!("There is no such {what}.")),
            Error::Refused { reason, text } => reasoned(reason, text),
            Error::Conflict { type_name, detail } => conflict_status(&type_name, detail),
            Error::KeyReused { text } => reasoned(Reason::IDEMPOTENCY_KEY, text),
            Error::Replay => reasoned(Reason::REQUEST_UNDER_WAY, "The same request is under way. Try again."),
            Error::Throttled { text, retry_after } => {
                let mut status = with_reason(Reason::THROTTLED, text, ErrorDetails::with_retry_info(Some(retry_after)));
                if let Ok(seconds) = retry_after.as_secs().max(1).to_string().parse() {
                    status.metadata_mut().insert("retry-after", seconds);
                }
                status
            }
            Error::Unavailable(cause) => {
                tracing::error!(cause, "a part of the server does not answer");
                reasoned(
                    Reason::UNAVAILABLE,
                    "The server can't reach its database right now. Nothing was lost; try again in a moment.",
                )
            }
            Error::Unsure(cause) => {
                tracing::error!(cause, "nobody knows whether a change was saved");
                reasoned(
                    Reason::COMMIT_UNKNOWN,
                    "The database went away while your change was being saved, so it may be there or not. Look whether it is, or \
                     repeat the request with the same idempotency key.",
                )
            }
            Error::Storage(cause) => {
                tracing::error!(cause, "the disk of the database takes nothing more");
                reasoned(
                    Reason::STORAGE,
                    "The server has no room left to save anything. Nothing was changed; what was saved before is safe. Try again later.",
                )
            }
            Error::Internal(cause) => {
                tracing::error!(cause, "request failed inside");
                reasoned(
                    Reason::INTERNAL,
                    "Something went wrong on our side. Look whether your change is there before you repeat it.",
                )
            }
        }
    }
}

pub(crate) fn reasoned(reason: Reason, text: impl Into<String>) -> Status {
    with_reason(reason, text, ErrorDetails::new())
}

fn with_reason(reason: Reason, text: impl Into<String>, mut details: ErrorDetails) -> Status {
    details.set_error_info(reason.name, DOMAIN, HashMap::new());
    Status::with_error_details(reason.code, text, details)
}

fn conflict_status(type_name: &str, detail: Vec<u8>) -> Status {
    let text = "Somebody else changed the same fields meanwhile.";
    let any = prost_types::Any { type_url: format!("type.googleapis.com/{type_name}"), value: detail };
    let status = tonic_types::Status { code: Code::Aborted as i32, message: text.into(), details: vec![any] };
    Status::with_details(Code::Aborted, text, status.encode_to_vec().into())
}

/// Problems of the input, each with the path of its field as in the request (`customer.email`).
///
/// They travel in a header, so there are at most 50, and of those as many as fit.
#[derive(Debug, Default)]
pub struct Violations(Vec<(String, String)>);

/// More would help nobody.
const MAX_VIOLATIONS: usize = 50;
/// Of all paths and messages together.
const MAX_VIOLATION_BYTES: usize = 2_500;
/// Characters of one path or message, which may repeat what the request says.
const MAX_VIOLATION_TEXT: usize = 200;

impl Violations {
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        if self.0.len() < MAX_VIOLATIONS {
            let cut = |text: String| text.chars().take(MAX_VIOLATION_TEXT).collect::<String>();
            self.0.push((cut(field.into()), cut(message.into())));
        }
    }

    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.truncate(MAX_VIOLATIONS);
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, message)| (field.as_str(), message.as_str()))
    }

    /// Fails when there is at least one.
    pub fn into_result(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self)) }
    }

    fn into_status(self) -> Status {
        let text = self.0.first().map_or_else(|| "The input can't be accepted.".to_owned(), |(_, message)| message.clone());
        Status::with_error_details(Code::InvalidArgument, text, self.into_details())
    }

    fn into_details(self) -> ErrorDetails {
        let mut details = ErrorDetails::new();
        let mut bytes = 0;
        for (index, (field, message)) in self.0.into_iter().enumerate() {
            bytes += field.len() + message.len();
            if index > 0 && bytes > MAX_VIOLATION_BYTES {
                break;
            }
            details.add_bad_request_violation(field, message);
        }
        details
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(violations: Violations) -> usize {
        let status = Status::from(Error::Invalid(violations));
        assert!(status.details().len() < 4_000 && status.message().chars().count() <= MAX_VIOLATION_TEXT);
        status.get_error_details().bad_request().map_or(0, |bad| bad.field_violations.len())
    }

    #[test]
    fn however_much_is_wrong_it_fits_a_header() {
        let mut many = Violations::new();
        let mut more = Violations::new();
        for n in 0..1_000 {
            many.add(format!("tags[{n}]"), "Too long.");
            more.add("customer.name", "Empty.");
        }
        many.extend(more);
        assert_eq!(told(many), MAX_VIOLATIONS);
        let mut long = Violations::new();
        for _ in 0..20 {
            long.add("€".repeat(9_000), "€".repeat(9_000));
        }
        assert!((1..20).contains(&told(long)));
    }
}
