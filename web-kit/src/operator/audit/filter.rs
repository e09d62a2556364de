//! The chips of the audit list and the filter the server reads.

use super::words::{NOT, path_part};
use crate::{
    format::zone,
    list::{aip, state::ListState},
};

/// What was only looked at, and looking that was refused.
pub const WITHOUT_READING: &str = "category != read AND category != denied";

pub fn to_filter(state: &ListState) -> String {
    let typed = path_part(&state.text);
    let search = if typed.is_empty() { String::new() } else { aip::has("path", &typed) };
    let chips = state.filters.iter().map(|(chip, value)| clause(chip, value));
    aip::and(std::iter::once(search).chain(chips))
}

pub fn clause(chip: &str, value: &str) -> String {
    match (chip, value.strip_prefix(NOT)) {
        ("category", Some("read")) => WITHOUT_READING.to_owned(),
        // Values of these chips are words, so they need no quotes.
        ("category" | "outcome", Some(value)) => format!("{chip} != {value}"),
        // Other pages lead here for one person or address.
        ("category" | "outcome", None) | ("actor_id" | "ip", _) => aip::eq(chip, value),
        ("action", _) => aip::has("path", &format!("/{value}")),
        // What is no day goes to the server as it is, whose answer says so.
        ("since", _) => aip::from("at", &zone::beginning(value, 0).unwrap_or_else(|| value.to_owned())),
        _ => String::new(),
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
