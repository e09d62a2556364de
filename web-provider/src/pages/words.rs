//! Companies in words.

use streamflow_proto::provider::v1 as pb;
pub use web_kit::operator::company::plain;

/// How many companies are in a state.
pub fn in_state(fleet: &pb::GetFleetResponse, name: &str) -> i64 {
    fleet.by_state.iter().find(|count| count.name == name).map_or(0, |count| count.value)
}
