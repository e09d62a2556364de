//! States, reasons and amounts, short and exact.

use streamflow_proto::dev::v1::{SystemHealth, SystemState};
use web_kit::{
    badge::Tone,
    browser,
    icon::{Glyph, glyphs},
};

pub fn state(state: SystemState) -> (Tone, Glyph, &'static str) {
    match state {
        SystemState::Working => (Tone::Success, glyphs::CIRCLE_CHECK, "ok"),
        SystemState::Impaired => (Tone::Warning, glyphs::TRIANGLE_EXCLAMATION, "look"),
        SystemState::Down => (Tone::Danger, glyphs::CIRCLE_XMARK, "down"),
        SystemState::Unspecified => (Tone::Neutral, glyphs::CIRCLE_MINUS, "unknown"),
    }
}

/// What the clock says that a system's times are of.
pub fn clock(system: &SystemHealth) -> i64 {
    system.at.map_or_else(browser::now, |at| at.seconds)
}

/// "0.4 ms", "12 ms".
pub fn millis(micros: i64) -> String {
    if micros < 10_000 { format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100) } else { format!("{} ms", micros / 1_000) }
}

/// "12 d", "5 h", "3 m": whole units only.
pub fn age(seconds: i64) -> String {
    match seconds {
        86_400.. => format!("{} d", seconds / 86_400),
        3_600.. => format!("{} h", seconds / 3_600),
        _ => format!("{} m", seconds.max(0) / 60),
    }
}

/// The servers' stable reasons in words.
pub fn reason(code: &str) -> &str {
    match code {
        "UNSIGNED" => "not signed",
        "MALFORMED" => "malformed",
        "VERSION" => "unknown form of signature",
        "AUDIENCE" => "meant for another system",
        "UNKNOWN_CALLER" => "no key for it",
        "UNKNOWN_KEY" => "unknown or old key",
        "SIGNATURE" => "wrong signature",
        "SKEW" => "clocks differ",
        "REPLAY" => "sent twice",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        assert_eq!([millis(430), millis(9_990), millis(12_400)], ["0.4 ms", "9.9 ms", "12 ms"]);
        assert_eq!([age(86_400 * 3 + 5), age(7_300), age(61), age(-4)], ["3 d", "2 h", "1 m", "0 m"]);
    }
}
