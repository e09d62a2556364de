//! The chips of the audit list, and what the server reads of each.

use web_kit::list::chips::{ChipOf, Compare};

/// "since" and "until" are days of the company's zone.
pub const CHIPS: &[ChipOf] = &[
    ChipOf::typed("path", Compare::HasInOne),
    ChipOf::new("category", Compare::Word),
    ChipOf::new("outcome", Compare::Word),
    ChipOf::new("actor_id", Compare::Equal),
    ChipOf::new("entity_id", Compare::Equal),
    ChipOf::new("ip", Compare::Equal),
    ChipOf::named("since", "at", Compare::FromMoment),
    ChipOf::named("until", "at", Compare::UntilMoment),
];

#[cfg(test)]
mod tests {
    use web_kit::list::{
        chips::{from_filter, to_filter},
        state::ListState,
    };

    use super::*;

    #[test]
    fn chips_become_one_filter_and_a_view_of_it_shows_them_again() {
        let mut state = ListState { text: "UpdateCustomer".into(), ..ListState::default() };
        for (chip, value) in [("category", "!read"), ("outcome", "OK"), ("actor_id", "usr_1")] {
            state.set_filter(chip, value);
        }
        let filter = to_filter(&state, CHIPS);
        assert_eq!(filter, r#"path : "UpdateCustomer" AND category != read AND outcome = "OK" AND actor_id = "usr_1""#);
        assert_eq!(from_filter(&filter, &[], CHIPS), state);
    }
}
