//! Requests and answers in words: "Sign in, password" for an RPC, "Denied" for a code.

use crate::{audit, badge::Tone, field::Choice, icon::Glyph, list::chips::NOT, operator::AuditLine};

/// RPCs of these portals whose name is no sentence by itself. Words share a noun with the name, so that typing it finds them.
const ACTIONS: [(&str, &str); 32] = [
    ("SignIn", mark!("Sign in, password")),
    ("VerifySecondFactor", mark!("Sign in, second factor")),
    ("SignOut", mark!("Sign out")),
    ("SignOutEverywhere", mark!("Sign out everywhere")),
    ("RevokeSession", mark!("End a session")),
    ("ExportAudit", mark!("Export the audit")),
    ("Watch", mark!("Watch for changes")),
    ("LogClientError", mark!("Report an error of the page")),
    ("Me", mark!("Read own account")),
    ("ListSessions", mark!("Read own sessions")),
    ("GetOverview", mark!("Read the overview")),
    ("ListAudit", mark!("Read the audit")),
    ("ListLockouts", mark!("Read the wrong guesses")),
    ("GetHealth", mark!("Read the health")),
    ("GetMetrics", mark!("Read the metrics")),
    ("ListPeers", mark!("Read the peers")),
    ("CheckPeer", mark!("Check a peer")),
    ("SuspendTenant", mark!("Suspend a tenant")),
    ("ResumeTenant", mark!("Resume a tenant")),
    ("ListRegistrations", mark!("Read the registrations")),
    ("RetryRegistration", mark!("Try a registration again")),
    ("ListAnomalies", mark!("Read the anomalies")),
    ("AcknowledgeAnomaly", mark!("Acknowledge an anomaly")),
    ("Elevate", mark!("Elevate: take on rights for a time")),
    ("RevokeElevation", mark!("Give an elevation back")),
    ("ListElevations", mark!("Read own elevations")),
    ("RequestSupportSession", mark!("Request a support session")),
    ("ListSupportSessions", mark!("Read the support sessions")),
    ("TakeOpening", mark!("Open a support session")),
    ("EndSupportSession", mark!("End a support session")),
    // No RPCs: what the server itself noticed.
    ("recovery.entered", mark!("Recovery Mode began")),
    ("recovery.left", mark!("Recovery Mode ended")),
];

const CATEGORIES: [(&str, &str); 18] = [
    ("sign_in", mark!("Signing in")),
    ("sign_out", mark!("Signing out")),
    ("export", mark!("Exports")),
    ("client_error", mark!("Errors of the page")),
    ("federation", mark!("Calls between systems")),
    ("tenant", mark!("Tenants suspended and resumed")),
    ("provisioning", mark!("Registrations")),
    ("anomaly", mark!("Anomalies")),
    ("impersonation", mark!("Support sessions")),
    ("elevation", mark!("Rights for a time")),
    ("rate_limit", mark!("Throttled")),
    ("admin", mark!("Administrators")),
    ("setting", mark!("Settings")),
    ("recovery", mark!("Recovery Mode")),
    ("job", mark!("Background tasks")),
    ("outside", mark!("Refused at the door")),
    ("denied", mark!("Reading refused")),
    ("read", mark!("Reading")),
];

/// What a filter offers for actions: all that a portal has.
pub fn actions(rpcs: &[&str]) -> Vec<Choice> {
    let mut choices: Vec<_> = rpcs.iter().map(|name| Choice::new(*name, action(name))).collect();
    choices.sort_by(|one, other| one.label.cmp(&other.label));
    choices
}

pub fn categories() -> Vec<Choice> {
    let all_but = Choice::new(format!("{NOT}read"), t!("Everything but reading"));
    std::iter::once(all_but).chain(CATEGORIES.map(|(name, word)| Choice::new(name, t!(word)))).collect()
}

pub fn category(name: &str) -> &str {
    CATEGORIES.iter().find(|(known, _)| *known == name).map_or(name, |(_, word)| t!(word))
}

/// What a request does; the words of its name where it is not known here.
pub fn action(path: &str) -> String {
    let name = audit::rpc(path);
    ACTIONS.iter().find(|(known, _)| *known == name).map_or_else(|| audit::action(name), |(_, words)| t!(words).to_owned())
}

/// The part of a path that typed words mean: the name they are part of, or else the action they are words of.
pub fn path_part(typed: &str) -> String {
    let plain = typed.split_whitespace().collect::<String>();
    let (part, words) = (plain.to_lowercase(), typed.trim().to_lowercase());
    let is_name = ACTIONS.iter().any(|(name, _)| name.to_lowercase().contains(&part));
    let meant = ACTIONS.iter().find(|(_, known)| t!(known).to_lowercase().contains(&words));
    match meant {
        Some((name, _)) if !is_name => (*name).to_owned(),
        // What reads is called List or Get.
        _ => words.strip_prefix("read ").map_or(plain, |noun| noun.split_whitespace().collect()),
    }
}

/// Colour, icon and word of an answer. Who is refused while signing in is not signed in by nature.
pub fn outcome(category: &str, code: &str) -> (Tone, Glyph, &'static str) {
    let (tone, glyph, word) = audit::outcome(code);
    match (category, code) {
        ("sign_in" | "federation", "UNAUTHENTICATED") => (tone, glyph, t!("Refused")),
        _ => (tone, glyph, word),
    }
}

/// "Admin" of "ADMIN".
pub fn role(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_string() + &letters.as_str().to_lowercase()).unwrap_or_default()
}

/// Who asked. What came over no network was done by the server itself: in the background, or for whoever sits at it.
pub fn who(line: &AuditLine) -> String {
    match (&*line.actor, &*line.ip) {
        ("", "") => t!("StreamFlow itself").to_owned(),
        ("", _) if line.category == "federation" => t!("Unknown system").to_owned(),
        ("", _) => t!("Nobody signed in").to_owned(),
        (actor, _) => actor.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_reads_as_words() {
        assert_eq!(action("/streamflow.x.v1.SessionService/VerifySecondFactor"), "Sign in, second factor");
        assert_eq!(action("/a/GetSomethingNew"), "Read something new");
        assert_eq!(action("recovery.entered"), "Recovery Mode began");
        assert_eq!(outcome("read", "UNAUTHENTICATED").2, "Not signed in");
        assert_eq!(outcome("sign_in", "UNAUTHENTICATED").2, "Refused");
        assert_eq!(role("ADMIN"), "Admin");
        assert_eq!(category("new_one"), "new_one");
    }

    #[test]
    fn every_action_of_a_portal_is_offered_in_words() {
        let offered = actions(&["SignOut", "ListThings", "Me"]);
        let offered: Vec<_> = offered.iter().map(|choice| (choice.value.as_str(), choice.label.as_str())).collect();
        assert_eq!(offered, [("Me", "Read own account"), ("ListThings", "Read things"), ("SignOut", "Sign out")]);
    }

    #[test]
    fn typed_words_find_names_and_actions() {
        assert_eq!(path_part("sign in"), "signin");
        assert_eq!(path_part("Overview"), "Overview");
        assert_eq!(path_part("own account"), "Me");
        assert_eq!(path_part("End a session"), "RevokeSession");
        assert_eq!(path_part("something else"), "somethingelse");
        assert_eq!(path_part("Read things"), "things");
    }

    #[test]
    fn what_nobody_asked_for_by_a_network_is_the_servers_own() {
        let from = |actor: &str, ip: &str, category: &str| {
            let [actor, ip, category] = [actor, ip, category].map(str::to_owned);
            who(&AuditLine { actor, ip, category, ..AuditLine::default() })
        };
        assert_eq!(from("ada@example.com", "192.0.2.7", "read"), "ada@example.com");
        assert_eq!(from("", "192.0.2.7", "read"), "Nobody signed in");
        assert_eq!(from("", "192.0.2.7", "federation"), "Unknown system");
        assert_eq!(from("", "", "job"), "StreamFlow itself");
    }
}
