//! What requests are about, in words, and where it is.

use streamflow_proto::client::v1::AuditRecord;
use web_kit::{field::Choice, format::capital, list::chips::NOT};

use crate::parts::noun::{CONTACT, CUSTOMER, LEAD};

/// Categories as the RPCs declare them, and those the server gives what it refused before any RPC.
const CATEGORIES: [(&str, &str); 24] = [
    ("record", mark!("Records changed")),
    ("deletion", mark!("Archived or deleted")),
    ("sensitive_read", mark!("Sensitive data read")),
    ("sensitive_write", mark!("Sensitive data changed")),
    ("role_change", mark!("Roles and people")),
    ("team", mark!("Teams")),
    ("settings", mark!("Account settings")),
    ("sign_in", mark!("Signing in")),
    ("sign_out", mark!("Signing out")),
    ("import", mark!("Imports")),
    ("export", mark!("Exports")),
    ("upload", mark!("Files added")),
    ("download", mark!("Files downloaded")),
    ("denied", mark!("Denied")),
    ("cross_tenant", mark!("Ids of other companies")),
    ("rate_limit", mark!("Throttled")),
    ("anomaly", mark!("Anomalies")),
    ("impersonation", mark!("Support sessions")),
    ("provisioning", mark!("Company set up")),
    ("federation", mark!("Calls between systems")),
    ("tenant", mark!("Company suspended or resumed")),
    ("closing", mark!("Deleting the company")),
    ("client_error", mark!("Errors of the page")),
    ("read", mark!("Read only")),
];

/// What a filter offers for categories.
pub fn categories() -> Vec<Choice> {
    let all_but = Choice::new(format!("{NOT}read"), t!("Everything but reading"));
    std::iter::once(all_but).chain(CATEGORIES.map(|(name, word)| Choice::new(name, t!(word)))).collect()
}

pub fn category(name: &str) -> &str {
    CATEGORIES.iter().find(|(known, _)| *known == name).map_or(name, |(_, word)| t!(word))
}

/// "Customer" from "customer", "Lead stage" from "lead_stage".
pub fn entity(name: &str) -> String {
    capital(&name.replace('_', " "))
}

/// Who asked. What came over no network was done by the server itself: for its operators, or in the background.
pub fn who(record: &AuditRecord) -> String {
    match (&*record.actor_name, &*record.ip) {
        ("", "") => t!("StreamFlow itself").to_owned(),
        ("", _) => t!("Nobody signed in").to_owned(),
        (name, _) => name.to_owned(),
    }
}

/// Last letters of an id: enough to tell rows apart.
pub fn short_id(id: &str) -> String {
    let tail: Vec<char> = id.chars().rev().take(6).collect();
    tail.into_iter().rev().collect()
}

/// Page of the record concerned, where it has one.
pub fn record_address(record: &AuditRecord) -> Option<String> {
    if record.entity_id.is_empty() {
        return None;
    }
    let noun = [&CUSTOMER, &CONTACT, &LEAD].into_iter().find(|noun| noun.one == record.entity);
    match (noun, &*record.entity) {
        (Some(noun), _) => Some(noun.address(&record.entity_id)),
        (None, "import") => Some(crate::api::address(&format!("imports/{}", record.entity_id))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_become_words() {
        assert_eq!(entity("lead_stage"), "Lead stage");
        assert_eq!(entity(""), "");
        assert_eq!(short_id("cus_0199f0aa"), "99f0aa");
    }

    #[test]
    fn what_nobody_asked_for_by_a_network_is_the_servers_own() {
        let from =
            |name: &str, ip: &str| who(&AuditRecord { actor_name: name.to_owned(), ip: ip.to_owned(), ..AuditRecord::default() });
        assert_eq!(from("Ada Moreno", ""), "Ada Moreno");
        assert_eq!(from("", "192.0.2.7"), "Nobody signed in");
        assert_eq!(from("", ""), "StreamFlow itself");
    }

    #[test]
    fn categories_have_words() {
        assert_eq!(category("record"), "Records changed");
        assert_eq!(category("new_one"), "new_one");
    }
}
