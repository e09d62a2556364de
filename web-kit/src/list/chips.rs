//! The chips of a list and the filter the server reads (AIP-160), in both directions, so that a saved view is both.

use super::{aip, state::ListState};
use crate::format::zone;

/// How a chip's value compares with its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    Equal,
    /// Equal to a word, or with "!" before it anything else.
    Word,
    /// Contains, in either case.
    Has,
    /// Contains, whatever spaces were typed: names that are written in one.
    HasInOne,
    /// From that day on, where the field is a day.
    From,
    /// Up to that day, where the field is one.
    Until,
    /// From the moment that day begins where the company is: a time is in a list's column as the clock there shows it.
    FromMoment,
    /// Up to the moment that day ends there.
    UntilMoment,
    /// No part of the filter: what the list is asked besides, where the chip has this value.
    Switch(&'static str),
}

/// Before a value that is to be anything else.
pub const NOT: char = '!';
/// The chip that stands for what was typed, in lists that have another field for it than others.
const TYPED: &str = "";

/// A chip: its own name, the server's field, and how they compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChipOf {
    pub chip: &'static str,
    pub field: &'static str,
    pub compare: Compare,
}

impl ChipOf {
    pub const fn new(field: &'static str, compare: Compare) -> Self {
        Self { chip: field, field, compare }
    }

    /// A second chip on the same field, e.g. the other end of a range.
    pub const fn named(chip: &'static str, field: &'static str, compare: Compare) -> Self {
        Self { chip, field, compare }
    }

    /// What was typed, where the list searches this field.
    pub const fn typed(field: &'static str, compare: Compare) -> Self {
        Self { chip: TYPED, field, compare }
    }

    /// Switched on while the chip has the value.
    pub const fn switch(chip: &'static str, value: &'static str, switch: &'static str) -> Self {
        Self { chip, field: switch, compare: Compare::Switch(value) }
    }

    fn clause(&self, value: &str) -> String {
        let field = self.field;
        match self.compare {
            Compare::Equal => aip::eq(field, value),
            Compare::Word => match value.strip_prefix(NOT) {
                // Words need no quotes.
                Some(value) => format!("{field} != {value}"),
                None => aip::eq(field, value),
            },
            Compare::Has => aip::has(field, value),
            Compare::HasInOne => {
                let value = in_one(value);
                if value.is_empty() { value } else { aip::has(field, &value) }
            }
            Compare::From => aip::from(field, value),
            Compare::Until => aip::until(field, value),
            // What is no day goes to the server as it is, whose answer says so.
            Compare::FromMoment => aip::from(field, &zone::beginning(value, 0).unwrap_or_else(|| value.to_owned())),
            // The day itself belongs to it.
            Compare::UntilMoment => match zone::beginning(value, 1) {
                Some(at) => format!("{field} < \"{at}\""),
                None => aip::until(field, value),
            },
            Compare::Switch(_) => String::new(),
        }
    }

    /// The chip's value that made such a clause; None where it could not have.
    fn value_of(&self, sign: &str, value: &str) -> Option<String> {
        match (self.compare, sign) {
            (Compare::Equal | Compare::Word, "=")
            | (Compare::Has | Compare::HasInOne, ":")
            | (Compare::From, ">=")
            | (Compare::Until, "<=") => Some(value.to_owned()),
            (Compare::Word, "!=") => Some(format!("{NOT}{value}")),
            (Compare::FromMoment, ">=") => zone::day_of(value, 0),
            (Compare::UntilMoment, "<") => zone::day_of(value, 1),
            _ => None,
        }
    }
}

/// What was typed as one word: "update customer" is "updatecustomer".
fn in_one(typed: &str) -> String {
    typed.chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// The field all lists of records are searched by.
const SEARCH: &str = "search";

/// The filter of a list's state.
pub fn to_filter(state: &ListState, chips: &[ChipOf]) -> String {
    let of_chips = state.filters.iter().map(|(name, value)| clause(name, value, chips));
    aip::and(std::iter::once(typed(&state.text, chips)).chain(of_chips))
}

/// What one chip asks for; nothing where the list has none of that name.
pub fn clause(name: &str, value: &str, chips: &[ChipOf]) -> String {
    chips.iter().find(|chip| chip.chip == name).map(|chip| chip.clause(value)).unwrap_or_default()
}

/// What was typed; the server reads it as its search does.
fn typed(text: &str, chips: &[ChipOf]) -> String {
    match chips.iter().find(|chip| chip.chip == TYPED) {
        _ if text.is_empty() => String::new(),
        Some(chip) => chip.clause(text),
        None => aip::has(SEARCH, text),
    }
}

/// What a list is asked besides its filter.
pub fn to_switches(state: &ListState, chips: &[ChipOf]) -> Vec<String> {
    let on = |chip: &&ChipOf| matches!(chip.compare, Compare::Switch(value) if state.filter(chip.chip) == Some(value));
    chips.iter().filter(on).map(|chip| chip.field.to_owned()).collect()
}

/// Chips and text of a filter and its switches. Clauses no chip can show are left out.
pub fn from_filter(filter: &str, switches: &[String], chips: &[ChipOf]) -> ListState {
    let mut state = ListState::default();
    for (field, sign, value) in clauses(filter) {
        let read =
            |chip: &ChipOf| (chip.field == field).then(|| chip.value_of(&sign, &value)).flatten().map(|value| (chip.chip, value));
        match chips.iter().find_map(read) {
            Some((TYPED, value)) => state.text = value,
            Some((chip, value)) => state.set_filter(chip, &value),
            _ if sign == ":" && state.text.is_empty() && field == SEARCH => state.text = value,
            None => {}
        }
    }
    for chip in chips {
        if let Compare::Switch(value) = chip.compare
            && switches.iter().any(|switch| switch == chip.field)
        {
            state.set_filter(chip.chip, value);
        }
    }
    state
}

/// Field, sign and value of each clause that can be read.
fn clauses(filter: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut rest = filter.trim_start();
    while !rest.is_empty() {
        let field: String = rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.')).collect();
        rest = rest[field.len()..].trim_start();
        let sign: String = rest.chars().take_while(|c| "=!<>:".contains(*c)).collect();
        rest = rest[sign.len()..].trim_start();
        let (value, after) = take_value(rest);
        if field.is_empty() || sign.is_empty() {
            break;
        }
        found.push((field, sign, value));
        rest = after.trim_start();
        rest = rest.strip_prefix("AND").unwrap_or(rest).trim_start();
    }
    found
}

/// A quoted text or a bare word, and what follows.
fn take_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, letter) in quoted.char_indices() {
        match letter {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return (value, &quoted[at + 1..]),
            _ => {
                escaped = false;
                value.push(letter);
            }
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::date;

    const CHIPS: &[ChipOf] = &[
        ChipOf::new("owner_id", Compare::Equal),
        ChipOf::new("city", Compare::Has),
        ChipOf::new("created_at", Compare::From),
        ChipOf::named("created_until", "created_at", Compare::Until),
        ChipOf::new("custom.roof", Compare::Equal),
    ];
    const REQUESTS: &[ChipOf] = &[
        ChipOf::typed("path", Compare::HasInOne),
        ChipOf::new("category", Compare::Word),
        ChipOf::new("outcome", Compare::Word),
        ChipOf::named("since", "at", Compare::FromMoment),
        ChipOf::switch("whose", "everyone", "all_people"),
    ];

    #[test]
    fn a_state_survives_being_a_saved_filter() {
        let mut state = ListState { text: r#"O'Neil "the" \ best"#.into(), ..ListState::default() };
        state.set_filter("owner_id", "usr_1");
        state.set_filter("city", "Leeds AND York");
        state.set_filter("created_at", "2026-11-01");
        state.set_filter("created_until", "2026-11-30");
        state.set_filter("custom.roof", "Flat");
        assert_eq!(from_filter(&to_filter(&state, CHIPS), &[], CHIPS), state);
        assert_eq!(from_filter("", &[], CHIPS), ListState::default());
    }

    #[test]
    fn words_turn_round_and_switches_stand_beside_the_filter() {
        let mut state = ListState { text: "update customer".into(), ..ListState::default() };
        state.set_filter("category", "!read");
        state.set_filter("outcome", "OK");
        state.set_filter("unknown", "x");
        let filter = to_filter(&state, REQUESTS);
        assert_eq!(filter, r#"path : "updatecustomer" AND category != read AND outcome = "OK""#);
        assert!(to_switches(&state, REQUESTS).is_empty());
        state.set_filter("unknown", "");
        state.set_filter("whose", "everyone");
        assert_eq!((to_filter(&state, REQUESTS), to_switches(&state, REQUESTS)), (filter.clone(), vec!["all_people".to_owned()]));
        state.text = "updatecustomer".into();
        assert_eq!(from_filter(&filter, &["all_people".to_owned()], REQUESTS), state);
        assert_eq!(from_filter("category > read", &["other".to_owned()], REQUESTS), ListState::default());
        assert_eq!(to_filter(&ListState { text: " ".into(), ..ListState::default() }, REQUESTS), "");
    }

    #[test]
    fn days_of_a_time_begin_and_end_where_the_company_is() {
        const ADDED: &[ChipOf] = &[
            ChipOf::new("created_at", Compare::FromMoment),
            ChipOf::named("created_until", "created_at", Compare::UntilMoment),
            ChipOf::named("due_until", "due_on", Compare::Until),
        ];
        // New York is four hours behind until the night in which its clocks go back, which makes a day of 25 hours.
        let at = |text| date::parse_utc(text).expect("a time");
        let back = at("2026-11-01T06:00:00Z");
        zone::know(at("2026-10-30T00:00:00Z"), back, -4 * 3_600);
        zone::know(back, at("2026-11-04T00:00:00Z"), -5 * 3_600);
        let mut state = ListState::default();
        for chip in ["created_at", "created_until", "due_until"] {
            state.set_filter(chip, "2026-11-01");
        }
        let filter = to_filter(&state, ADDED);
        assert_eq!(
            filter,
            r#"created_at >= "2026-11-01T04:00:00Z" AND created_at < "2026-11-02T05:00:00Z" AND due_on <= "2026-11-01""#
        );
        assert_eq!(from_filter(&filter, &[], ADDED), state);
        state.set_filter("created_until", "soon");
        assert!(to_filter(&state, ADDED).ends_with(r#"created_at <= "soon""#));
    }

    #[test]
    fn what_was_typed_is_searched_for_whatever_it_looks_like() {
        for typed in ["bracken", "0113 496", "j.farrow@", "C-10482"] {
            let state = ListState { text: typed.into(), ..ListState::default() };
            assert_eq!(to_filter(&state, CHIPS), format!("search : \"{typed}\""));
            assert_eq!(from_filter(&to_filter(&state, CHIPS), &[], CHIPS), state);
        }
    }

    #[test]
    fn a_filter_of_another_hand_is_read_as_far_as_it_goes() {
        let state = from_filter("number > 4 AND owner_id = none AND search : Ana", &[], CHIPS);
        assert_eq!(state.filter("owner_id"), Some("none"));
        assert_eq!(state.text, "Ana");
        assert!(!from_filter("city AND (", &[], CHIPS).is_narrowed());
    }
}
