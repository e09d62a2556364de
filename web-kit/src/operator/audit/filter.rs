//! The chips of the audit list and the filter the server reads.

use super::words::path_part;
use crate::list::{
    aip,
    chips::{self, ChipOf, Compare},
    state::ListState,
};

/// What was only looked at, and looking that was refused.
pub const WITHOUT_READING: &str = "category != read AND category != denied";

/// Other pages lead here for one person or address.
const CHIPS: &[ChipOf] = &[
    ChipOf::new("category", Compare::Word),
    ChipOf::new("outcome", Compare::Word),
    ChipOf::new("actor_id", Compare::Equal),
    ChipOf::new("ip", Compare::Equal),
    ChipOf::named("since", "at", Compare::FromMoment),
];

pub fn to_filter(state: &ListState) -> String {
    let typed = path_part(&state.text);
    let search = if typed.is_empty() { String::new() } else { aip::has("path", &typed) };
    let chips = state.filters.iter().map(|(chip, value)| clause(chip, value));
    aip::and(std::iter::once(search).chain(chips))
}

pub fn clause(chip: &str, value: &str) -> String {
    match (chip, value) {
        ("category", "!read") => WITHOUT_READING.to_owned(),
        ("action", _) => aip::has("path", &format!("/{value}")),
        _ => chips::clause(chip, value, CHIPS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chips_become_one_filter() {
        let mut state = ListState { text: "sign in".into(), ..ListState::default() };
        state.set_filter("category", "!read");
        state.set_filter("outcome", "!OK");
        state.set_filter("action", "SignOut");
        state.set_filter("unknown", "x");
        assert_eq!(
            to_filter(&state),
            r#"path : "signin" AND category != read AND category != denied AND outcome != OK AND path : "/SignOut""#
        );
        assert_eq!(to_filter(&ListState::default()), "");
    }
}
