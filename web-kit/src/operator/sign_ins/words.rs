//! What the views ask of the audit, and its records in words.

use crate::{
    list::{aip, state::ListState},
    operator::{AuditLine, audit::filter},
};

/// Values of `kind` in the address; without one all tries are shown.
pub const FAILED: &str = "failed";
pub const DONE: &str = "done";
pub const LIMITS: &str = "limits";
pub const GUESSES: &str = "guesses";

pub fn to_filter(state: &ListState) -> String {
    let kind = match state.filter("kind") {
        Some(FAILED) => "category = sign_in AND outcome != OK".to_owned(),
        Some(DONE) => r#"category = sign_in AND path : "/VerifySecondFactor" AND outcome = OK"#.to_owned(),
        Some(LIMITS) => "category = rate_limit".to_owned(),
        _ => "category = sign_in".to_owned(),
    };
    let typed = state.text.trim();
    let search = if typed.is_empty() { String::new() } else { aip::has("ip", typed) };
    let chips = state.filters.iter().map(|(chip, value)| filter::clause(chip, value));
    aip::and([kind, search].into_iter().chain(chips))
}

/// Whose account it was, where it is somebody's.
pub fn who(line: &AuditLine) -> String {
    if line.actor.is_empty() { t!("Nobody known").to_owned() } else { line.actor.clone() }
}

/// The limit that refused it, in words; empty where none did.
pub fn limit(line: &AuditLine) -> String {
    // Quotes inside of values are escaped, so this is the field and nothing else.
    let behind = line.payload.split_once(r#""limit":""#).and_then(|(_, rest)| rest.split_once('"'));
    match behind.map_or("", |(class, _)| class) {
        "sign_in" => t!("Signing in"),
        "anonymous" => t!("Without a session"),
        "read" => t!("Reading"),
        "write" => t!("Changing"),
        "bulk" => t!("Exports"),
        "stream" => t!("Streams"),
        "federation" => t!("Other systems"),
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_a_part_of_the_audit_and_chips_narrow_it() {
        let mut state = ListState::default();
        assert_eq!(to_filter(&state), "category = sign_in");
        let line = |payload: &str| AuditLine {
            id: String::new(),
            at: None,
            actor: String::new(),
            role: String::new(),
            ip: String::new(),
            path: String::new(),
            category: String::new(),
            outcome: String::new(),
            correlation_id: String::new(),
            payload: payload.to_owned(),
            entity: String::new(),
            entity_id: String::new(),
        };
        assert_eq!(limit(&line(r#"{"days":7,"limit":"read"}"#)), "Reading");
        assert_eq!(limit(&line(r#"{"note":"\"limit\":\"read\""}"#)), "");
        state.set_filter("kind", LIMITS);
        state.set_filter("outcome", "!OK");
        "203.0".clone_into(&mut state.text);
        assert_eq!(to_filter(&state), r#"category = rate_limit AND ip : "203.0" AND outcome != OK"#);
    }
}
