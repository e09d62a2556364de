//! Anomalies in words, and where their requests are.

use streamflow_proto::client::v1::{Anomaly, AnomalyRule};
use web_kit::{
    format::{date, zone},
    list::state::ListState,
};

pub const fn what(rule: AnomalyRule) -> &'static str {
    match rule {
        AnomalyRule::AccountGuessing => "Many wrong passwords for one account",
        AnomalyRule::PasswordSpray => "One address fails with many accounts",
        AnomalyRule::SignInWave => "Many accounts fail to sign in",
        AnomalyRule::RateLimit => "Too many requests again and again",
        AnomalyRule::CrossTenant => "Asks for records of other companies",
        AnomalyRule::Refused => "Refused again and again",
        AnomalyRule::Unspecified => "Something of a newer kind",
    }
}

/// The audit log narrowed to what was counted, and what is like it.
pub fn evidence(one: &Anomaly) -> ListState {
    let mut state = ListState::default();
    let (chip, value) = match one.rule() {
        AnomalyRule::AccountGuessing | AnomalyRule::PasswordSpray | AnomalyRule::SignInWave => ("category", "sign_in"),
        AnomalyRule::RateLimit => ("category", "rate_limit"),
        AnomalyRule::CrossTenant => ("category", "cross_tenant"),
        AnomalyRule::Refused => ("outcome", "PERMISSION_DENIED"),
        AnomalyRule::Unspecified => ("outcome", "!OK"),
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

    fn chips(rule: AnomalyRule, person_id: &str, address: &str) -> Vec<(String, String)> {
        let one = Anomaly { rule: rule.into(), person_id: person_id.into(), address: address.into(), ..Default::default() };
        evidence(&one).filters
    }

    #[test]
    fn an_anomaly_leads_to_its_requests() {
        let pair = |chip: &str, value: &str| (chip.to_owned(), value.to_owned());
        let guessed = chips(AnomalyRule::AccountGuessing, "usr_1", "");
        assert!(guessed.len() == 3 && guessed.contains(&pair("outcome", "!OK")) && guessed.contains(&pair("actor_id", "usr_1")));
        assert!(chips(AnomalyRule::RateLimit, "", "10.0.0.1").contains(&pair("ip", "10.0.0.1")));
        assert_eq!(chips(AnomalyRule::Refused, "", "2001:db8:1:2::/64"), [pair("outcome", "PERMISSION_DENIED")]);
    }
}
