//! Anomalies in words, and where their requests are.

use super::{Anomaly, Rule};
use crate::{
    format::{date, zone},
    list::state::ListState,
};

pub fn what(rule: Rule) -> &'static str {
    match rule {
        Rule::AccountGuessing => t!("Many wrong passwords for one account"),
        Rule::PasswordSpray => t!("One address fails with many accounts"),
        Rule::SignInWave => t!("Many accounts fail to sign in"),
        Rule::RateLimit => t!("Too many requests again and again"),
        Rule::CrossTenant => t!("Asks for records of other companies"),
        Rule::Refused => t!("Refused again and again"),
        Rule::Unknown => t!("Something of a newer kind"),
    }
}

/// The audit log narrowed to what was counted, and what is like it.
pub fn evidence(one: &Anomaly) -> ListState {
    let mut state = ListState::default();
    let (chip, value) = match one.rule {
        Rule::AccountGuessing | Rule::PasswordSpray | Rule::SignInWave => ("category", "sign_in"),
        Rule::RateLimit => ("category", "rate_limit"),
        Rule::CrossTenant => ("category", "cross_tenant"),
        Rule::Refused => ("outcome", "PERMISSION_DENIED"),
        Rule::Unknown => ("outcome", "!OK"),
    };
    state.set_filter(chip, value);
    if value == "sign_in" {
        state.set_filter("outcome", "!OK");
    }
    if !one.person_id.is_empty() {
        state.set_filter("actor_id", &one.person_id);
    }
    // A network has no address of its own to look for.
    if !one.address.is_empty() && !one.address.contains('/') {
        state.set_filter("ip", &one.address);
    }
    if let Some(first) = one.first_at {
        state.set_filter("since", &date::iso(zone::local(first.seconds)));
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chips(rule: Rule, person_id: &str, address: &str) -> Vec<(String, String)> {
        let one = Anomaly { rule, person_id: person_id.into(), address: address.into(), ..Default::default() };
        evidence(&one).filters
    }

    #[test]
    fn each_part_of_the_way_narrows_an_operators_audit() {
        for rule in [Rule::AccountGuessing, Rule::SignInWave, Rule::RateLimit, Rule::CrossTenant, Rule::Refused, Rule::Unknown] {
            let one = Anomaly { rule, person_id: "usr_1".into(), address: "10.0.0.1".into(), ..Default::default() };
            let state = evidence(&one);
            let clauses = crate::operator::audit::filter::to_filter(&state);
            assert_eq!(clauses.matches(" AND ").count() + 1, state.filters.len(), "{clauses}");
            assert!(clauses.contains("actor_id = ") && clauses.contains("ip = "), "{clauses}");
        }
    }

    #[test]
    fn an_anomaly_leads_to_its_requests() {
        let pair = |chip: &str, value: &str| (chip.to_owned(), value.to_owned());
        let guessed = chips(Rule::AccountGuessing, "usr_1", "");
        assert!(guessed.len() == 3 && guessed.contains(&pair("outcome", "!OK")) && guessed.contains(&pair("actor_id", "usr_1")));
        assert!(chips(Rule::RateLimit, "", "10.0.0.1").contains(&pair("ip", "10.0.0.1")));
        assert_eq!(chips(Rule::Refused, "", "2001:db8:1:2::/64"), [pair("outcome", "PERMISSION_DENIED")]);
    }
}
