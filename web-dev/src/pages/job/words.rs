//! Times and states, short and exact.

use prost_types::Timestamp;
use streamflow_proto::dev::v1::{GetQueueResponse, JobState};
use web_kit::{
    badge::Tone,
    browser,
    icon::{Glyph, glyphs},
};

/// What the server's clock said, which all times of its work are of.
pub fn clock(queue: &GetQueueResponse) -> i64 {
    queue.at.map_or_else(browser::now, |at| at.seconds)
}

/// "every 1 h", "every 90 s".
pub fn every(seconds: i64) -> String {
    t!("every {time}", time = span(seconds * 1_000))
}

/// "4 ms", "0.4 s", "41 s", "2 m", "3 h", "2 d".
pub fn span(millis: i64) -> String {
    match millis {
        ..=0 => t!("{seconds} s", seconds = 0),
        1..100 => t!("{value} ms", value = millis),
        100..10_000 if millis % 1_000 != 0 => {
            t!("{seconds} s", seconds = format_args!("{}.{}", millis / 1_000, millis % 1_000 / 100))
        }
        100..120_000 => t!("{seconds} s", seconds = millis / 1_000),
        120_000..7_200_000 if millis % 3_600_000 != 0 => t!("{minutes} m", minutes = millis / 60_000),
        100..172_800_000 if millis % 86_400_000 != 0 => t!("{hours} h", hours = millis / 3_600_000),
        _ => t!("{days} d", days = millis / 86_400_000),
    }
}

/// How long something took; nothing while one end is open.
pub fn took(from: Option<&Timestamp>, to: Option<&Timestamp>) -> String {
    from.zip(to).map(|(from, to)| span(millis(to) - millis(from))).unwrap_or_default()
}

/// "in 12 m", "3 s ago".
pub fn away(at: &Timestamp, now: i64) -> String {
    let ahead = at.seconds - now;
    if ahead > 0 { t!("in {time}", time = span(ahead * 1_000)) } else { t!("{time} ago", time = span(-ahead * 1_000)) }
}

pub fn state(state: JobState) -> (Tone, Glyph, &'static str) {
    match state {
        JobState::Queued => (Tone::Neutral, glyphs::CLOCK_OPEN, t!("waiting")),
        JobState::Running => (Tone::Info, glyphs::CIRCLE_HALF_STROKE, t!("running")),
        JobState::Done => (Tone::Success, glyphs::CIRCLE_CHECK, t!("done")),
        JobState::Dead => (Tone::Danger, glyphs::CIRCLE_XMARK, t!("gave up")),
        JobState::Unspecified => (Tone::Neutral, glyphs::CIRCLE_MINUS, t!("unknown")),
    }
}

/// Whose work it is: the id of a company, or this system's.
pub fn whose(org_id: &str) -> String {
    if org_id.is_empty() { t!("system").to_owned() } else { org_id.to_owned() }
}

fn millis(at: &Timestamp) -> i64 {
    at.seconds * 1_000 + i64::from(at.nanos) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_short() {
        let all = [0, 4, 400, 9_900, 41_000, 90_000, 120_000, 3_600_000, 7_200_000, 86_400_000, 3 * 86_400_000];
        assert_eq!(all.map(span), ["0 s", "4 ms", "0.4 s", "9.9 s", "41 s", "90 s", "2 m", "1 h", "2 h", "1 d", "3 d"]);
        assert_eq!((every(3_600), every(86_400), every(90)), ("every 1 h".into(), "every 1 d".into(), "every 90 s".into()));
    }

    #[test]
    fn what_took_no_time_or_has_not_ended_is_told_so() {
        let at = |seconds, nanos| Some(Timestamp { seconds, nanos });
        assert_eq!(took(at(10, 0).as_ref(), at(10, 250_000_000).as_ref()), "0.2 s");
        assert_eq!(took(at(10, 0).as_ref(), None), "");
        assert_eq!(away(&Timestamp { seconds: 100, nanos: 0 }, 40), "in 60 s");
        assert_eq!(away(&Timestamp { seconds: 100, nanos: 0 }, 160), "60 s ago");
    }
}
