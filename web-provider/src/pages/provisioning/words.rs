//! States and steps of a registration in words.

use streamflow_proto::provider::v1::{RegistrationState, RegistrationStep};
use web_kit::{
    badge::Tone,
    icon::{Glyph, glyphs},
};

/// Colour, icon and word of a state.
pub fn state(state: RegistrationState) -> (Tone, Glyph, &'static str) {
    match state {
        RegistrationState::UnderWay => (Tone::Info, glyphs::HOURGLASS_HALF, t!("Under way")),
        RegistrationState::Failing => (Tone::Warning, glyphs::TRIANGLE_EXCLAMATION, t!("Failing")),
        RegistrationState::Done => (Tone::Success, glyphs::CIRCLE_CHECK, t!("Done")),
        RegistrationState::Unspecified => (Tone::Neutral, glyphs::CIRCLE_OPEN, t!("Unknown")),
    }
}

/// The last step that is done, and what comes next.
pub fn step(step: RegistrationStep) -> (&'static str, &'static str) {
    match step {
        RegistrationStep::Accepted => (t!("Accepted"), t!("next: make the company")),
        RegistrationStep::Made => (t!("Company made"), t!("next: write to its owner")),
        RegistrationStep::Welcomed => (t!("Owner written to"), t!("next: tell this system")),
        RegistrationStep::Told => (t!("Known here"), ""),
        RegistrationStep::Unspecified => (t!("Unknown"), ""),
    }
}

/// "in 12 s", or that it is about to be tried; nothing where no try is planned.
pub fn next_try(at: Option<i64>, now: i64) -> String {
    match at.map(|at| at - now) {
        Some(ahead @ 1..120) => t!("in {seconds} s", seconds = ahead),
        Some(ahead @ 120..) => t!("in {minutes} min", minutes = ahead / 60),
        Some(_) => t!("now").to_owned(),
        None => String::new(),
    }
}

/// What came of trying again.
pub fn tried(changed: bool, state: RegistrationState) -> &'static str {
    match (changed, state) {
        (true, _) => t!("It is tried now"),
        (false, RegistrationState::Done) => t!("It is done already"),
        (false, _) => t!("It is being tried already"),
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
