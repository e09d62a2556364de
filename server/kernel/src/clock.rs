//! Time as an argument: product code asks a `Clock`, tests set one.
//!
//! All times are UTC and cut to whole microseconds, the precision PostgreSQL keeps, so that a time read
//! back from a row equals the one that was written.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

pub trait Clock: Send + Sync {
    /// The present time, in whole microseconds.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock; the only place that reads it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        to_micros(Utc::now())
    }
}

/// A clock that stands still until it is told to move.
#[derive(Debug)]
pub struct FixedClock {
    micros: AtomicI64,
}

impl FixedClock {
    /// Stands at `time`, cut to whole microseconds.
    pub fn at(time: DateTime<Utc>) -> Self {
        Self { micros: AtomicI64::new(time.timestamp_micros()) }
    }

    /// Moves to `time`, cut to whole microseconds, ahead or back.
    pub fn set(&self, time: DateTime<Utc>) {
        self.micros.store(time.timestamp_micros(), Ordering::SeqCst);
    }

    /// Moves by `step`, in whole microseconds, which may be negative: clocks of real machines step back too.
    pub fn advance(&self, step: TimeDelta) {
        let step = step.num_microseconds().unwrap_or(0);
        self.micros.fetch_add(step, Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    /// 2026-01-01T00:00:00Z.
    fn default() -> Self {
        Self { micros: AtomicI64::new(1_767_225_600_000_000) }
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.micros.load(Ordering::SeqCst)).unwrap_or_default()
    }
}

/// The time as protobuf writes it (`google.protobuf.Timestamp`).
pub fn timestamp(at: DateTime<Utc>) -> Option<prost_types::Timestamp> {
    let nanos = i32::try_from(at.timestamp_subsec_nanos()).unwrap_or_default();
    Some(prost_types::Timestamp { seconds: at.timestamp(), nanos })
}

/// Cuts a time to the precision the database keeps.
pub fn to_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    time.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_gives_whole_microseconds() {
        for _ in 0..100 {
            assert_eq!(SystemClock.now().timestamp_subsec_nanos() % 1_000, 0);
        }
    }

    #[test]
    fn cutting_keeps_the_microsecond_and_drops_the_rest() {
        let time = DateTime::from_timestamp(1_700_000_000, 123_456_789).unwrap();
        assert_eq!(to_micros(time).timestamp_subsec_nanos(), 123_456_000);
        let before_the_epoch = DateTime::from_timestamp(-1, 999_999_999).unwrap();
        assert_eq!(to_micros(before_the_epoch).timestamp_subsec_nanos(), 999_999_000);
    }

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = FixedClock::default();
        assert_eq!(clock.now().to_rfc3339(), "2026-01-01T00:00:00+00:00");
        assert_eq!(clock.now(), clock.now());
        clock.advance(TimeDelta::minutes(30));
        clock.advance(TimeDelta::minutes(-10));
        assert_eq!(clock.now().to_rfc3339(), "2026-01-01T00:20:00+00:00");
        clock.set(DateTime::UNIX_EPOCH);
        assert_eq!(clock.now(), DateTime::UNIX_EPOCH);
    }
}
