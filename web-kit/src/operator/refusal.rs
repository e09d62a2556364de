//! Why a system refuses another's call, in words.

use streamflow_reason::Reason;

const WORDS: [(Reason, &str); 9] = [
    (Reason::UNSIGNED, mark!("not signed")),
    (Reason::MALFORMED, mark!("malformed")),
    (Reason::VERSION, mark!("unknown form of signature")),
    (Reason::AUDIENCE, mark!("meant for another system")),
    (Reason::UNKNOWN_CALLER, mark!("no key for it")),
    (Reason::UNKNOWN_KEY, mark!("unknown or old key")),
    (Reason::SIGNATURE, mark!("wrong signature")),
    (Reason::SKEW, mark!("clocks differ")),
    (Reason::REPLAY, mark!("sent twice")),
];

/// The servers' stable reasons in words.
pub fn words(code: &str) -> &str {
    WORDS.iter().find(|(reason, _)| reason.name == code).map_or(code, |(_, words)| t!(words))
}
