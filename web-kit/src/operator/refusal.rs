//! Why a system refuses another's call, in words.

/// The servers' stable reasons in words.
pub fn words(code: &str) -> &str {
    match code {
        "UNSIGNED" => t!("not signed"),
        "MALFORMED" => t!("malformed"),
        "VERSION" => t!("unknown form of signature"),
        "AUDIENCE" => t!("meant for another system"),
        "UNKNOWN_CALLER" => t!("no key for it"),
        "UNKNOWN_KEY" => t!("unknown or old key"),
        "SIGNATURE" => t!("wrong signature"),
        "SKEW" => t!("clocks differ"),
        "REPLAY" => t!("sent twice"),
        other => other,
    }
}
