//! How failed jobs are tried again.

use chrono::TimeDelta;

/// Pauses double from the first to the longest, give or take a quarter, so that what failed together doesn't come back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Attempts before the job is given up; none for never.
    attempts: Option<i32>,
    first: TimeDelta,
    longest: TimeDelta,
}

impl Retry {
    /// About half a day.
    pub const DEFAULT: Self = Self::times(20);
    /// Until it succeeds, or says itself that it never will.
    pub const FOREVER: Self = Self { attempts: None, ..Self::DEFAULT };

    pub const fn times(attempts: i32) -> Self {
        Self { attempts: Some(attempts), first: TimeDelta::seconds(1), longest: TimeDelta::hours(1) }
    }

    /// The same with other pauses.
    #[must_use]
    pub const fn pauses(mut self, first: TimeDelta, longest: TimeDelta) -> Self {
        self.first = first;
        self.longest = longest;
        self
    }

    /// Whether there is another attempt after this many.
    pub fn allows_after(self, attempts: i32) -> bool {
        self.attempts.is_none_or(|most| attempts < most)
    }

    /// The pause after so many attempts; `chance` is any byte.
    pub fn pause(self, attempts: i32, chance: u8) -> TimeDelta {
        let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(30);
        let whole = self.first.num_milliseconds().saturating_mul(1 << doublings).min(self.longest.num_milliseconds());
        let jitter = whole / 2 * (i64::from(chance) - 128) / 256;
        TimeDelta::milliseconds(whole.saturating_add(jitter).min(self.longest.num_milliseconds()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_a_second_to_an_hour() {
        let pause = |attempts| Retry::DEFAULT.pause(attempts, 128).num_seconds();
        assert_eq!([1, 2, 3, 12, 13, i32::MAX].map(pause), [1, 2, 4, 2_048, 3_600, 3_600]);
    }

    #[test]
    fn chance_moves_a_pause_by_a_quarter_and_never_past_the_longest() {
        let pause = |attempts, chance| Retry::DEFAULT.pause(attempts, chance).num_milliseconds();
        assert_eq!((pause(1, 0), pause(3, 0), pause(3, 255)), (750, 3_000, 4_992));
        assert_eq!((pause(40, 0), pause(40, 255)), (2_700_000, 3_600_000));
    }

    #[test]
    fn attempts_end_or_never_do() {
        assert!(Retry::times(3).allows_after(2) && !Retry::times(3).allows_after(3));
        assert!(Retry::FOREVER.allows_after(i32::MAX));
    }
}
