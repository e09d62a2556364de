//! States and steps of a registration in words.

use streamflow_proto::provider::v1::{RegistrationState, RegistrationStep};
use web_kit::{
    badge::Tone,
    icon::{Glyph, glyphs},
};

/// Colour, icon and word of a state.
pub fn state(state: RegistrationState) -> (Tone, Glyph, &'static str) {
    match state {
        RegistrationState::UnderWay => (Tone::Info, glyphs::HOURGLASS_HALF, "Under way"),
        RegistrationState::Failing => (Tone::Warning, glyphs::TRIANGLE_EXCLAMATION, "Failing"),
        RegistrationState::Done => (Tone::Success, glyphs::CIRCLE_CHECK, "Done"),
        RegistrationState::Unspecified => (Tone::Neutral, glyphs::CIRCLE_OPEN, "Unknown"),
    }
}

/// The last step that is done, and what comes next.
pub const fn step(step: RegistrationStep) -> (&'static str, &'static str) {
    match step {
        RegistrationStep::Accepted => ("Accepted", "next: make the company"),
        RegistrationStep::Made => ("Company made", "next: write to its owner"),
        RegistrationStep::Welcomed => ("Owner written to", "next: tell this system"),
        RegistrationStep::Told => ("Known here", ""),
        RegistrationStep::Unspecified => ("Unknown", ""),
    }
}

/// "in 12 s", or that it is about to be tried; nothing where no try is planned.
pub fn next_try(at: Option<i64>, now: i64) -> String {
    match at.map(|at| at - now) {
        Some(ahead @ 1..120) => format!("in {ahead} s"),
        Some(ahead @ 120..) => format!("in {} min", ahead / 60),
        Some(_) => "now".to_owned(),
        None => String::new(),
    }
}

/// What came of trying again.
pub const fn tried(changed: bool, state: RegistrationState) -> &'static str {
    match (changed, state) {
        (true, _) => "It is tried now",
        (false, RegistrationState::Done) => "It is done already",
        (false, _) => "It is being tried already",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trying_again_says_what_came_of_it() {
        assert_eq!(tried(true, RegistrationState::Failing), "It is tried now");
        assert_eq!(tried(false, RegistrationState::Done), "It is done already");
        assert_eq!(tried(false, RegistrationState::UnderWay), "It is being tried already");
    }

    #[test]
    fn the_next_try_is_told_from_now() {
        assert_eq!(
            [next_try(Some(112), 100), next_try(Some(400), 100), next_try(Some(90), 100), next_try(None, 100)],
            ["in 12 s", "in 5 min", "now", ""]
        );
    }
}
