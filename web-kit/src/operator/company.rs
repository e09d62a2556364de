//! States of companies in words, for the portals that list them.

use leptos::prelude::*;

use crate::{
    badge::Tone,
    field::Choice,
    icon::{Glyph, glyphs},
};

/// The states there are: word of a filter and what it is called.
pub const STATES: [(&str, &str); 6] = [
    ("ACTIVE", mark!("Active")),
    ("TRIAL", mark!("Trial")),
    ("TRIAL_ENDED", mark!("Trial ended")),
    ("SUSPENDED", mark!("Suspended")),
    ("CLOSING", mark!("Will be deleted")),
    ("DELETED", mark!("Deleted")),
];

/// What a filter offers for states.
pub fn states() -> Vec<Choice> {
    STATES.map(|(name, word)| Choice::new(name, t!(word))).to_vec()
}

/// Colour, icon and word of a state by its name in the contract, `TENANT_STATE_ACTIVE`.
pub fn state(name: &str) -> (Tone, Glyph, &'static str) {
    let name = name.trim_start_matches("TENANT_STATE_");
    let (tone, glyph) = match name {
        "ACTIVE" => (Tone::Success, glyphs::CIRCLE_CHECK),
        "TRIAL" => (Tone::Info, glyphs::HOURGLASS_HALF),
        "TRIAL_ENDED" => (Tone::Warning, glyphs::TRIANGLE_EXCLAMATION),
        "SUSPENDED" => (Tone::Neutral, glyphs::CIRCLE_PAUSE),
        "CLOSING" => (Tone::Warning, glyphs::CLOCK),
        "DELETED" => (Tone::Neutral, glyphs::XMARK),
        _ => (Tone::Neutral, glyphs::CIRCLE_OPEN),
    };
    (tone, glyph, STATES.iter().find(|(known, _)| *known == name).map_or(t!("Unknown"), |(_, word)| t!(word)))
}

/// "Field team" from "field-team"; a plan or an industry without a name has its own word.
pub fn plain(name: &str, none: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(|| none.to_owned(), |first| first.to_uppercase().chain(letters).collect())
}

/// What stands in a list where a company has no such thing.
pub fn none() -> impl IntoView {
    view! { <span class="muted">"–"</span> }
}

/// The number that another program knows a company by.
pub fn number(number: &str) -> AnyView {
    if number.is_empty() { none().into_any() } else { view! { <span class="mono muted">{number.to_owned()}</span> }.into_any() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_words() {
        assert_eq!(state("TENANT_STATE_TRIAL_ENDED"), (Tone::Warning, glyphs::TRIANGLE_EXCLAMATION, "Trial ended"));
        assert_eq!(state("TENANT_STATE_UNSPECIFIED").2, "Unknown");
        assert_eq!(states()[4].label, "Will be deleted");
    }

    #[test]
    fn names_read_as_words() {
        assert_eq!(plain("field-service", "None"), "Field service");
        assert_eq!(plain("", "None"), "None");
    }
}
