//! Companies in words.

use streamflow_proto::provider::v1 as pb;

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
