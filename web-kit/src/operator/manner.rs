//! How a portal speaks: the same facts, written for the people who read them.

use prost_types::Timestamp;

use crate::{
    field::Choice,
    format::{date, zone},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Short dates on the reader's own clock.
    Plain,
    /// UTC to the second, and short units.
    Exact,
    /// Full dates, and side remarks in the margin.
    Formal,
}

impl Manner {
    /// "20 Nov 2026, 13:48", "2026-11-20 13:48:05 UTC", "20 November 2026, 13:48"; empty for none.
    pub fn moment(self, at: Option<&Timestamp>) -> String {
        let Some(at) = at else { return String::new() };
        match self {
            Self::Exact => format!("{} UTC", self.write(at.seconds, true)),
            _ => self.write(zone::local(at.seconds), false),
        }
    }

    /// The same to the second, for columns whose head names the zone.
    pub fn second(self, at: Option<&Timestamp>) -> String {
        let Some(at) = at else { return String::new() };
        self.write(if self == Self::Exact { at.seconds } else { zone::local(at.seconds) }, true)
    }

    /// `at` is in the zone it is shown in.
    fn write(self, at: i64, seconds: bool) -> String {
        let time = match (self, seconds) {
            (Self::Exact, true) => date::exact_clock(at),
            (Self::Exact, false) => date::exact_time(at),
            (_, true) => date::clock(at),
            (_, false) => date::time(at),
        };
        match self {
            Self::Plain => format!("{}, {time}", date::day(at)),
            Self::Exact => format!("{} {time}", date::iso(at)),
            Self::Formal => format!("{}, {time}", date::full_day(at)),
        }
    }

    /// Head of a column of times.
    pub fn time_head(self) -> &'static str {
        match self {
            Self::Exact => t!("Time, UTC"),
            _ => t!("Time"),
        }
    }

    /// A place on the axis of a chart. The server counts days in UTC, so a day is named in UTC everywhere.
    pub fn place(self, seconds: i64, by_hours: bool) -> String {
        match (by_hours, self) {
            // Month and day of "2026-11-20".
            (false, Self::Exact) => date::iso(seconds).split_off(5),
            (false, _) => date::short_day(seconds),
            (true, Self::Exact) => date::exact_time(seconds),
            (true, _) => date::time(zone::local(seconds)),
        }
    }

    /// Ranges of the overview, in days.
    pub fn ranges(self) -> Vec<Choice> {
        let labels = match self {
            Self::Exact => [t!("24 h"), t!("7 d"), t!("30 d")],
            _ => [t!("24 hours"), t!("7 days"), t!("30 days")],
        };
        ["1", "7", "30"].into_iter().zip(labels).map(|(value, label)| Choice::new(value, label)).collect()
    }

    /// "the 7 days before".
    pub fn range_before(self, days: i64) -> String {
        match (self, days) {
            (Self::Exact, 1) => t!("24 h before").to_owned(),
            (Self::Exact, days) => t!("{days} d before", days),
            (_, 1) => t!("the 24 hours before").to_owned(),
            (_, days) => t!("the {days} days before", days),
        }
    }

    /// Side remarks stand beside the sheet, not on it.
    pub const fn has_margin(self) -> bool {
        matches!(self, Self::Formal)
    }
}

#[cfg(test)]
mod tests {
    use super::Manner;

    #[test]
    fn the_same_moment_is_written_three_ways() {
        let at = 1_795_182_485;
        assert_eq!(Manner::Plain.write(at, false), "20 Nov 2026, 13:48");
        assert_eq!(Manner::Exact.write(at, true), "2026-11-20 13:48:05");
        assert_eq!(Manner::Formal.write(at, true), "20 November 2026, 13:48:05");
        assert_eq!(Manner::Exact.moment(Some(&prost_types::Timestamp { seconds: at, nanos: 0 })), "2026-11-20 13:48:05 UTC");
        assert_eq!(Manner::Exact.range_before(7), "7 d before");
        assert_eq!(Manner::Formal.range_before(1), "the 24 hours before");
    }
}
