//! What a refusal says: fields with problems, reasons, and the record as it is.

use prost::{Message as _, Name};
use tonic::Status;
use tonic_types::StatusExt as _;

/// Fields with problems, in the order of the answer.
pub fn fields(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let problems = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    problems.into_iter().map(|problem| problem.field).collect()
}

/// The stable reason of a refusal.
pub fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

/// The detail of a conflict.
pub fn conflict<M: prost::Message + Default + Name>(status: &Status) -> M {
    let outer = tonic_types::Status::decode(status.details()).expect("a status with details");
    let detail = outer.details.first().expect("a detail");
    assert!(detail.type_url.ends_with(&M::full_name()), "{}", detail.type_url);
    M::decode(detail.value.as_slice()).expect("the detail")
}
