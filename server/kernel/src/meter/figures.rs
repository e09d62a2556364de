//! Figures of a time: counts add up, states count with their worst.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

/// Each bucket of durations reaches this much further than the one before, so that a percentile is off by a quarter at most.
const GROWTH: f64 = 1.25;
/// Where the first bucket ends, in microseconds.
const FIRST: f64 = 500.0;
/// Ends at 35 seconds; whatever takes longer is in it as well.
const LAST_BUCKET: u16 = 50;

/// What went wrong on our side; the rest of what is not OK are refusals that the caller can mend.
const FAULTS: [&str; 5] = ["DATA_LOSS", "DEADLINE_EXCEEDED", "INTERNAL", "UNAVAILABLE", "UNKNOWN"];

type Counts = BTreeMap<Cow<'static, str>, u64>;

/// What one process or several measured. As JSON it leaves out what is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// How much of the time was measured.
    pub seconds: u64,
    /// Answers by canonical code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub outcomes: Counts,
    /// Answers by how long they took, by bucket.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub durations: BTreeMap<u16, u64>,
    /// Refusals of rate limits and lockouts by class.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub limited: Counts,
    /// Wrong passwords and codes, and unknown accounts.
    pub failed_sign_ins: u64,
    /// How long ago the change feed had been read.
    pub feed_lag_millis: u64,
    /// Jobs that were due.
    pub jobs_due: u64,
    /// How long the oldest of them had waited.
    pub oldest_job_seconds: u64,
    /// Of the whole process; 0 where it can't be known.
    pub memory_bytes: u64,
}

impl Figures {
    /// Counts an answer by its canonical code and by how long it took, to a quarter more or less.
    pub fn count(&mut self, outcome: &'static str, took: Duration) {
        *self.outcomes.entry(outcome.into()).or_default() += 1;
        *self.durations.entry(bucket(took)).or_default() += 1;
    }

    /// Adds what another process measured at the same time.
    pub fn add_beside(&mut self, other: &Self) {
        let seconds = self.seconds.max(other.seconds);
        self.add(other);
        self.seconds = seconds;
    }

    /// Adds what was measured at another time.
    pub fn add_after(&mut self, other: &Self) {
        let seconds = self.seconds + other.seconds;
        self.add(other);
        self.seconds = seconds;
    }

    fn add(&mut self, other: &Self) {
        add_counts(&mut self.outcomes, &other.outcomes);
        add_counts(&mut self.durations, &other.durations);
        add_counts(&mut self.limited, &other.limited);
        self.failed_sign_ins += other.failed_sign_ins;
        self.feed_lag_millis = self.feed_lag_millis.max(other.feed_lag_millis);
        self.jobs_due = self.jobs_due.max(other.jobs_due);
        self.oldest_job_seconds = self.oldest_job_seconds.max(other.oldest_job_seconds);
        self.memory_bytes = self.memory_bytes.max(other.memory_bytes);
    }

    /// Answers of any code.
    pub fn requests(&self) -> u64 {
        self.outcomes.values().sum()
    }

    /// Answers that failed on our side.
    pub fn faults(&self) -> u64 {
        FAULTS.iter().filter_map(|code| self.outcomes.get(*code)).sum()
    }

    /// Answers that say what the caller has to do differently.
    pub fn refusals(&self) -> u64 {
        self.requests() - self.faults() - self.outcomes.get("OK").copied().unwrap_or_default()
    }

    /// Refusals of all rate limits and lockouts.
    pub fn limited(&self) -> u64 {
        self.limited.values().sum()
    }

    /// Microseconds that `percent` of the answers took no longer than, to a quarter; none without answers.
    pub fn percentile(&self, percent: f64) -> Option<u64> {
        let total: u64 = self.durations.values().sum();
        let rank = (total as f64 * percent / 100.0).max(1.0);
        let mut below = 0.0;
        for (bucket, count) in &self.durations {
            let count = *count as f64;
            if below + count >= rank {
                let (from, to) = (if *bucket == 0 { 0.0 } else { end_of(bucket - 1) }, end_of(*bucket));
                return Some((from + (to - from) * (rank - below) / count).round() as u64);
            }
            below += count;
        }
        None
    }
}

fn add_counts<K: Clone + Ord>(counts: &mut BTreeMap<K, u64>, more: &BTreeMap<K, u64>) {
    for (key, count) in more {
        *counts.entry(key.clone()).or_default() += count;
    }
}

fn bucket(took: Duration) -> u16 {
    let micros = took.as_micros() as f64;
    let number = (micros / FIRST).ln() / GROWTH.ln();
    if number <= 0.0 { 0 } else { (number.ceil() as u16).min(LAST_BUCKET) }
}

/// In microseconds.
fn end_of(bucket: u16) -> f64 {
    FIRST * GROWTH.powi(i32::from(bucket))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: &[(u64, u64)]) -> Figures {
        let mut figures = Figures::default();
        for (millis, count) in times {
            for _ in 0..*count {
                figures.count("OK", Duration::from_millis(*millis));
            }
        }
        figures
    }

    #[test]
    fn percentiles_are_off_by_a_quarter_at_most() {
        let figures = of(&[(4, 50), (20, 45), (900, 5)]);
        for (percent, millis) in [(50.0, 4.0), (95.0, 20.0), (99.0, 900.0)] {
            let found = figures.percentile(percent).unwrap() as f64 / 1_000.0;
            assert!((found / millis - 1.0).abs() < 0.25, "P{percent}: {found} ms for {millis} ms");
        }
        assert_eq!(Figures::default().percentile(50.0), None);
        assert_eq!(of(&[(600_000, 1)]).percentile(99.0), Some(end_of(LAST_BUCKET).round() as u64));
        assert!(of(&[(0, 1)]).percentile(50.0).unwrap() <= 500);
    }

    #[test]
    fn other_times_add_their_seconds_and_other_processes_do_not() {
        let minute = Figures { seconds: 60, jobs_due: 3, ..of(&[(4, 2)]) };
        let mut beside = minute.clone();
        beside.add_beside(&Figures { seconds: 20, jobs_due: 1, ..of(&[(4, 5)]) });
        assert_eq!((beside.seconds, beside.requests(), beside.jobs_due), (60, 7, 3));
        let mut after = minute;
        after.add_after(&Figures { seconds: 20, jobs_due: 9, ..Figures::default() });
        assert_eq!((after.seconds, after.requests(), after.jobs_due), (80, 2, 9));
    }

    #[test]
    fn what_the_caller_can_mend_is_no_fault() {
        let mut figures = of(&[(1, 1)]);
        figures.count("INTERNAL", Duration::ZERO);
        figures.count("NOT_FOUND", Duration::ZERO);
        figures.count("NOT_FOUND", Duration::ZERO);
        assert_eq!((figures.requests(), figures.faults(), figures.refusals()), (4, 1, 2));
        let kept = serde_json::to_string(&figures).unwrap();
        assert_eq!(serde_json::from_str::<Figures>(&kept).unwrap(), figures);
        assert!(!serde_json::to_string(&Figures::default()).unwrap().contains("outcomes"));
    }
}
