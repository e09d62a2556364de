//! States, reasons and amounts, short and exact.

use streamflow_proto::dev::v1::{SystemHealth, SystemState};
use web_kit::{
    badge::Tone,
    browser,
    icon::{Glyph, glyphs},
};

pub fn state(state: SystemState) -> (Tone, Glyph, &'static str) {
    match state {
        SystemState::Working => (Tone::Success, glyphs::CIRCLE_CHECK, t!("ok")),
        SystemState::Impaired => (Tone::Warning, glyphs::TRIANGLE_EXCLAMATION, t!("look")),
        SystemState::Down => (Tone::Danger, glyphs::CIRCLE_XMARK, t!("down")),
        SystemState::Unspecified => (Tone::Neutral, glyphs::CIRCLE_MINUS, t!("unknown")),
    }
}

/// What the clock says that a system's times are of.
pub fn clock(system: &SystemHealth) -> i64 {
    system.at.map_or_else(browser::now, |at| at.seconds)
}

/// "30 µs", "0.4 ms", "12 ms".
pub fn millis(micros: i64) -> String {
    if micros < 100 {
        t!("{value} µs", value = micros)
    } else if micros < 10_000 {
        t!("{value} ms", value = format_args!("{}.{}", micros / 1_000, micros % 1_000 / 100))
    } else {
        t!("{value} ms", value = micros / 1_000)
    }
}

/// "12 d", "5 h", "3 m": whole units only.
pub fn age(seconds: i64) -> String {
    match seconds {
        86_400.. => t!("{days} d", days = seconds / 86_400),
        3_600.. => t!("{hours} h", hours = seconds / 3_600),
        _ => t!("{minutes} m", minutes = seconds.max(0) / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        assert_eq!([millis(31), millis(430), millis(9_990), millis(12_400)], ["31 µs", "0.4 ms", "9.9 ms", "12 ms"]);
        assert_eq!([age(86_400 * 3 + 5), age(7_300), age(61), age(-4)], ["3 d", "2 h", "1 m", "0 m"]);
    }
}
