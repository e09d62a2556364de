//! The chips of the audit list and the filter the server reads.

use web_kit::{
    format::{date, zone},
    list::{aip, state::ListState},
};

use super::words::{NOT, path_part};

/// Chips by their own names; "since" and "until" are days of the company's zone.
pub fn to_filter(state: &ListState) -> String {
    let typed = path_part(&state.text);
    let search = if typed.is_empty() { String::new() } else { aip::has("path", &typed) };
    let chips = state.filters.iter().map(|(chip, value)| clause(chip, value));
    aip::and(std::iter::once(search).chain(chips))
}

fn clause(chip: &str, value: &str) -> String {
    match chip {
        "category" | "outcome" => match value.strip_prefix(NOT) {
            // Values of these chips are words, so they need no quotes.
            Some(value) => format!("{chip} != {value}"),
            None => aip::eq(chip, value),
        },
        "actor_id" | "entity_id" | "ip" => aip::eq(chip, value),
        // What is no day goes to the server as it is, whose answer says so.
        "since" => aip::from("at", &beginning(value, 0).unwrap_or_else(|| value.to_owned())),
        // The day itself belongs to it.
        "until" => match beginning(value, 1) {
            Some(at) => format!("at < \"{at}\""),
            None => aip::until("at", value),
        },
        _ => String::new(),
    }
}

/// The moment a day begins there, as the server writes it: "2026-11-20T00:00:00Z".
fn beginning(day: &str, after: i64) -> Option<String> {
    const DAY: i64 = 86_400;
    let civil = date::parse_iso(day)? + after * DAY;
    // The offset at about that time: zones change theirs at night, and an hour more or less of an audit does no harm.
    let offset = zone::local(civil) - civil;
    Some(date::iso_utc(civil - offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chips_become_one_filter() {
        let mut state = ListState { text: "update customer".into(), ..ListState::default() };
        state.set_filter("category", "!read");
        state.set_filter("outcome", "OK");
        state.set_filter("actor_id", "usr_1");
        state.set_filter("unknown", "x");
        assert_eq!(
            to_filter(&state),
            r#"path : "updatecustomer" AND category != read AND outcome = "OK" AND actor_id = "usr_1""#
        );
        assert_eq!(to_filter(&ListState::default()), "");
    }
}
