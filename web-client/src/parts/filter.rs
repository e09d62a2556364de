//! The chips of a list and the filter the server reads (AIP-160), in both directions, so that a saved view is both.

use web_kit::list::{aip, state::ListState};

/// How a chip's value compares with its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    Equal,
    /// Contains, in either case.
    Has,
    /// From that day on.
    From,
    /// Up to that day.
    Until,
}

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

    fn clause(&self, value: &str) -> String {
        match self.compare {
            Compare::Equal => aip::eq(self.field, value),
            Compare::Has => aip::has(self.field, value),
            Compare::From => aip::from(self.field, value),
            Compare::Until => aip::until(self.field, value),
        }
    }

    fn sign(&self) -> &'static str {
        match self.compare {
            Compare::Equal => "=",
            Compare::Has => ":",
            Compare::From => ">=",
            Compare::Until => "<=",
        }
    }
}

/// The field all lists of records are searched by.
const SEARCH: &str = "search";
/// Fields that views saved earlier keep what was typed under.
const SEARCHED_BEFORE: [&str; 3] = ["name", "phone", "email"];

/// The filter of a list's state.
pub fn to_filter(state: &ListState, chips: &[ChipOf]) -> String {
    let of_chips = state
        .filters
        .iter()
        .filter_map(|(name, value)| chips.iter().find(|chip| chip.chip == name).map(|chip| chip.clause(value)));
    aip::and(std::iter::once(search(&state.text)).chain(of_chips))
}

/// What was typed; the server reads it as its search does.
fn search(text: &str) -> String {
    if text.is_empty() { String::new() } else { aip::has(SEARCH, text) }
}

/// Chips and text of a filter. Clauses no chip can show are left out.
pub fn from_filter(filter: &str, chips: &[ChipOf]) -> ListState {
    let mut state = ListState::default();
    for (field, sign, value) in clauses(filter) {
        let chip = chips.iter().find(|chip| chip.field == field && chip.sign() == sign);
        match chip {
            Some(chip) => state.set_filter(chip.chip, &value),
            _ if sign == ":" && state.text.is_empty() && is_search(&field) => state.text = value,
            None => {}
        }
    }
    state
}

fn is_search(field: &str) -> bool {
    field == SEARCH || SEARCHED_BEFORE.contains(&field)
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

    const CHIPS: &[ChipOf] = &[
        ChipOf::new("owner_id", Compare::Equal),
        ChipOf::new("city", Compare::Has),
        ChipOf::new("created_at", Compare::From),
        ChipOf::named("created_until", "created_at", Compare::Until),
        ChipOf::new("custom.roof", Compare::Equal),
    ];

    #[test]
    fn a_state_survives_being_a_saved_filter() {
        let mut state = ListState { text: r#"O'Neil "the" \ best"#.into(), ..ListState::default() };
        state.set_filter("owner_id", "usr_1");
        state.set_filter("city", "Leeds AND York");
        state.set_filter("created_at", "2026-11-01");
        state.set_filter("created_until", "2026-11-30");
        state.set_filter("custom.roof", "Flat");
        assert_eq!(from_filter(&to_filter(&state, CHIPS), CHIPS), state);
        assert_eq!(from_filter("", CHIPS), ListState::default());
    }

    #[test]
    fn what_was_typed_is_searched_for_whatever_it_looks_like() {
        for typed in ["bracken", "0113 496", "j.farrow@", "C-10482"] {
            let state = ListState { text: typed.into(), ..ListState::default() };
            assert_eq!(to_filter(&state, CHIPS), format!("search : \"{typed}\""));
            assert_eq!(from_filter(&format!("phone : \"{typed}\""), CHIPS), state);
        }
    }

    #[test]
    fn a_filter_of_another_hand_is_read_as_far_as_it_goes() {
        let state = from_filter("number > 4 AND owner_id = none AND name : Ana", CHIPS);
        assert_eq!(state.filter("owner_id"), Some("none"));
        assert_eq!(state.text, "Ana");
        assert!(!from_filter("city AND (", CHIPS).is_narrowed());
    }
}
