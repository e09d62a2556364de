//! The range a dashboard shows, and the range of the same length before it. Weeks begin on Monday at midnight UTC, whatever the
//! company's time zone: the figures of a week are the same for everybody who looks.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, Utc};

/// Weeks shown when the request does not say.
const USUAL: i32 = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weeks {
    count: u32,
    /// Monday of the first week of the range before.
    first: NaiveDate,
}

impl Weeks {
    /// Ends with the current week. None for a number of weeks that is not offered.
    pub fn ending(now: DateTime<Utc>, weeks: i32) -> Option<Self> {
        let count = match weeks {
            0 => USUAL,
            4 | 12 | 26 => weeks,
            _ => return None,
        };
        let count = u32::try_from(count).ok()?;
        let today = now.date_naive();
        let monday = today.checked_sub_days(Days::new(today.weekday().num_days_from_monday().into()))?;
        let first = monday.checked_sub_days(Days::new(u64::from(2 * count - 1) * 7))?;
        Some(Self { count, first })
    }

    /// Where the range before begins.
    pub fn start_before(self) -> DateTime<Utc> {
        self.first.and_time(NaiveTime::MIN).and_utc()
    }

    /// Where the range begins.
    pub fn start(self) -> DateTime<Utc> {
        self.monday(0).and_time(NaiveTime::MIN).and_utc()
    }

    /// Mondays of the range, oldest first.
    pub fn mondays(self) -> impl Iterator<Item = NaiveDate> {
        (0..self.count).map(move |week| self.monday(week))
    }

    /// Splits counts by week since [`start_before`](Self::start_before) into the range before and the range.
    pub fn split(self, by_week: impl IntoIterator<Item = (i64, i64)>) -> (Vec<i64>, Vec<i64>) {
        let count = self.count as usize;
        let mut all = vec![0; 2 * count];
        for (week, counted) in by_week {
            if let Some(place) = usize::try_from(week).ok().and_then(|week| all.get_mut(week)) {
                *place += counted;
            }
        }
        let range = all.split_off(count);
        (all, range)
    }

    fn monday(self, week: u32) -> NaiveDate {
        self.first + Days::new(u64::from(self.count + week) * 7)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_ends_with_the_current_week() {
        for now in ["2026-11-16T00:00:00Z", "2026-11-20T09:00:00Z", "2026-11-22T23:59:59Z"] {
            let weeks = Weeks::ending(now.parse().unwrap(), 4).unwrap();
            let mondays: Vec<String> = weeks.mondays().map(|day| day.to_string()).collect();
            assert_eq!(mondays, ["2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16"], "{now}");
            assert_eq!(weeks.start_before().to_rfc3339(), "2026-09-28T00:00:00+00:00");
            assert_eq!(weeks.start().to_rfc3339(), "2026-10-26T00:00:00+00:00");
        }
    }

    #[test]
    fn only_offered_ranges_are_shown() {
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(Weeks::ending(now, 0), Weeks::ending(now, 12));
        assert!(Weeks::ending(now, 26).is_some());
        assert!([-1, 1, 5, 52].iter().all(|weeks| Weeks::ending(now, *weeks).is_none()));
    }

    #[test]
    fn counts_fall_into_their_weeks() {
        let weeks = Weeks::ending(DateTime::UNIX_EPOCH, 4).unwrap();
        let (before, range) = weeks.split([(0, 2), (3, 1), (4, 7), (7, 1), (8, 100), (-1, 100)]);
        assert_eq!((before, range), (vec![2, 0, 0, 1], vec![7, 0, 0, 1]));
    }
}
