//! Requests and answers in words: "Sign in, password" for an RPC, "Denied" for a code.

use crate::{
    badge::Tone,
    field::Choice,
    icon::{Glyph, glyphs},
};

/// RPCs of these portals whose name is no sentence by itself. Words share a noun with the name, so that typing it finds them.
const ACTIONS: [(&str, &str); 29] = [
    ("SignIn", "Sign in, password"),
    ("VerifySecondFactor", "Sign in, second factor"),
    ("SignOut", "Sign out"),
    ("SignOutEverywhere", "Sign out everywhere"),
    ("RevokeSession", "End a session"),
    ("ExportAudit", "Export the audit"),
    ("LogClientError", "Report an error of the page"),
    ("Me", "Read own account"),
    ("ListSessions", "Read own sessions"),
    ("GetOverview", "Read the overview"),
    ("ListAudit", "Read the audit"),
    ("ListLockouts", "Read the wrong guesses"),
    ("GetHealth", "Read the health"),
    ("GetMetrics", "Read the metrics"),
    ("ListPeers", "Read the peers"),
    ("CheckPeer", "Check a peer"),
    ("SuspendTenant", "Suspend a tenant"),
    ("ResumeTenant", "Resume a tenant"),
    ("ListRegistrations", "Read the registrations"),
    ("RetryRegistration", "Try a registration again"),
    ("ListAnomalies", "Read the anomalies"),
    ("AcknowledgeAnomaly", "Acknowledge an anomaly"),
    ("Elevate", "Elevate: take on rights for a time"),
    ("RevokeElevation", "Give an elevation back"),
    ("ListElevations", "Read own elevations"),
    ("RequestSupportSession", "Request a support session"),
    ("ListSupportSessions", "Read the support sessions"),
    ("TakeOpening", "Open a support session"),
    ("EndSupportSession", "End a support session"),
];

const CATEGORIES: [(&str, &str); 18] = [
    ("sign_in", "Signing in"),
    ("sign_out", "Signing out"),
    ("export", "Exports"),
    ("client_error", "Errors of the page"),
    ("federation", "Calls between systems"),
    ("tenant", "Tenants suspended and resumed"),
    ("provisioning", "Registrations"),
    ("anomaly", "Anomalies"),
    ("impersonation", "Support sessions"),
    ("elevation", "Rights for a time"),
    ("rate_limit", "Throttled"),
    ("admin", "Administrators"),
    ("setting", "Settings"),
    ("recovery", "Recovery Mode"),
    ("job", "Background tasks"),
    ("outside", "Refused at the door"),
    ("denied", "Reading refused"),
    ("read", "Reading"),
];

const OUTCOMES: [(&str, &str); 9] = [
    ("OK", "Done"),
    ("UNAUTHENTICATED", "Not signed in"),
    ("PERMISSION_DENIED", "Denied"),
    ("INVALID_ARGUMENT", "Wrong input"),
    ("NOT_FOUND", "Not found"),
    ("FAILED_PRECONDITION", "Refused"),
    ("ABORTED", "Changed meanwhile"),
    ("RESOURCE_EXHAUSTED", "Throttled"),
    ("INTERNAL", "Failed"),
];

/// Prefix of a filter's value that turns it round.
pub const NOT: char = '!';

/// What a filter offers for actions: all that a portal has.
pub fn actions(rpcs: &[&str]) -> Vec<Choice> {
    let mut choices: Vec<_> = rpcs.iter().map(|name| Choice::new(*name, action(name))).collect();
    choices.sort_by(|one, other| one.label.cmp(&other.label));
    choices
}

pub fn categories() -> Vec<Choice> {
    let all_but = Choice::new(format!("{NOT}read"), "Everything but reading");
    std::iter::once(all_but).chain(CATEGORIES.map(|(name, word)| Choice::new(name, word))).collect()
}

pub fn outcomes() -> Vec<Choice> {
    let all_but = Choice::new(format!("{NOT}OK"), "Everything but done");
    std::iter::once(all_but).chain(OUTCOMES.map(|(code, word)| Choice::new(code, word))).collect()
}

pub fn category(name: &str) -> &str {
    CATEGORIES.iter().find(|(known, _)| *known == name).map_or(name, |(_, word)| word)
}

/// What a request does; the words of its name where it is not known here.
pub fn action(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    ACTIONS.iter().find(|(known, _)| *known == name).map_or_else(|| spaced(name), |(_, words)| (*words).to_owned())
}

fn spaced(name: &str) -> String {
    let mut words = String::new();
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_uppercase() {
            words.push(' ');
            words.extend(letter.to_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}

/// The part of a path that typed words mean: the name they are part of, or else the action they are words of.
pub fn path_part(typed: &str) -> String {
    let plain = typed.split_whitespace().collect::<String>();
    let (part, words) = (plain.to_lowercase(), typed.trim().to_lowercase());
    let is_name = ACTIONS.iter().any(|(name, _)| name.to_lowercase().contains(&part));
    let meant = ACTIONS.iter().find(|(_, known)| known.to_lowercase().contains(&words));
    match meant {
        Some((name, _)) if !is_name => (*name).to_owned(),
        _ => plain,
    }
}

/// Colour, icon and word of an answer. Who is refused while signing in is not signed in by nature.
pub fn outcome(category: &str, code: &str) -> (Tone, Glyph, String) {
    let word = match (category, code) {
        ("sign_in" | "federation", "UNAUTHENTICATED") => "Refused",
        _ => OUTCOMES.iter().find(|(known, _)| *known == code).map_or("Failed", |(_, word)| word),
    };
    let word = word.to_owned();
    let (tone, glyph) = match code {
        "OK" => (Tone::Success, glyphs::CIRCLE_CHECK),
        "PERMISSION_DENIED" | "UNAUTHENTICATED" => (Tone::Danger, glyphs::BAN),
        "RESOURCE_EXHAUSTED" => (Tone::Warning, glyphs::GAUGE_SIMPLE),
        "INVALID_ARGUMENT" | "NOT_FOUND" | "FAILED_PRECONDITION" | "ABORTED" => (Tone::Warning, glyphs::CIRCLE_EXCLAMATION),
        _ => (Tone::Danger, glyphs::CIRCLE_XMARK),
    };
    (tone, glyph, word)
}

/// "Admin" of "ADMIN".
pub fn role(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_string() + &letters.as_str().to_lowercase()).unwrap_or_default()
}

/// Who asked, or that nobody was signed in.
pub fn who(actor: &str) -> String {
    if actor.is_empty() { "Nobody signed in".to_owned() } else { actor.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_reads_as_words() {
        assert_eq!(action("/streamflow.x.v1.SessionService/VerifySecondFactor"), "Sign in, second factor");
        assert_eq!(action("/a/GetSomethingNew"), "Get something new");
        assert_eq!(outcome("read", "DATA_LOSS").2, "Failed");
        assert_eq!(outcome("read", "UNAUTHENTICATED").2, "Not signed in");
        assert_eq!(outcome("sign_in", "UNAUTHENTICATED").2, "Refused");
        assert_eq!(role("ADMIN"), "Admin");
        assert_eq!(category("new_one"), "new_one");
    }

    #[test]
    fn every_action_of_a_portal_is_offered_in_words() {
        let offered = actions(&["SignOut", "ListThings", "Me"]);
        let offered: Vec<_> = offered.iter().map(|choice| (choice.value.as_str(), choice.label.as_str())).collect();
        assert_eq!(offered, [("ListThings", "List things"), ("Me", "Read own account"), ("SignOut", "Sign out")]);
    }

    #[test]
    fn typed_words_find_names_and_actions() {
        assert_eq!(path_part("sign in"), "signin");
        assert_eq!(path_part("Overview"), "Overview");
        assert_eq!(path_part("own account"), "Me");
        assert_eq!(path_part("End a session"), "RevokeSession");
        assert_eq!(path_part("something else"), "somethingelse");
    }
}
