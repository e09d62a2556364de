//! Companies in words.

use streamflow_proto::provider::v1::{self as pb, TenantState};
use web_kit::{badge::Tone, icon::Glyph, operator::company};

/// Colour, icon and word of a state.
pub fn state(state: TenantState) -> (Tone, Glyph, &'static str) {
    company::state(state.as_str_name().trim_start_matches("TENANT_STATE_"))
}

/// How many companies are in a state.
pub fn in_state(fleet: &pb::GetFleetResponse, name: &str) -> i64 {
    fleet.by_state.iter().find(|count| count.name == name).map_or(0, |count| count.value)
}

/// "Field service" from "field-service"; a plan or industry without a name has its own word.
pub fn plain(name: &str, none: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(|| none.to_owned(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_as_words() {
        assert_eq!(plain("field-service", "None"), "Field service");
        assert_eq!(plain("", "None"), "None");
    }
}
