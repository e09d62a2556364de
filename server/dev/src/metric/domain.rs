//! One picture of what the systems told: places, sums, and counts by name, each beside the range before.

use std::{
    borrow::Cow,
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use streamflow_kernel::{
    clock::timestamp,
    meter::{
        figures::Figures,
        store::{Range, Slot},
    },
};
use streamflow_proto::dev::v1 as pb;

/// What one system told; none of one that is away.
#[derive(Debug)]
pub struct Told {
    pub name: &'static str,
    pub slots: Option<Vec<Slot>>,
}

/// Of the system of this name, or of all where it is empty.
pub fn picture(range: Range, system: &str, told: Vec<Told>) -> pb::GetMetricsResponse {
    let chosen = told.iter().filter(|told| system.is_empty() || told.name == system);
    let slots = beside(chosen.filter_map(|told| told.slots.as_deref()));
    let (before, now) = slots.split_at(slots.len().saturating_sub(range.slots()));
    let (all_before, all_now) = (sum(before), sum(now));
    pb::GetMetricsResponse {
        slots: now.iter().map(slot).collect(),
        slots_before: before.iter().map(slot).collect(),
        outcomes: counts(&all_now.outcomes, &all_before.outcomes),
        limited: counts(&all_now.limited, &all_before.limited),
        now: Some(figures(&all_now)),
        before: Some(figures(&all_before)),
        systems: told.iter().map(|told| of_system(range, told)).collect(),
        slot_seconds: i32::try_from(range.slot_seconds()).unwrap_or(i32::MAX),
        at: None,
    }
}

/// Several systems as one: what they measured in the same place.
fn beside<'a>(told: impl Iterator<Item = &'a [Slot]>) -> Vec<Slot> {
    let mut all: BTreeMap<_, Figures> = BTreeMap::new();
    for slot in told.flatten() {
        all.entry(slot.at).or_default().add_beside(&slot.figures);
    }
    all.into_iter().map(|(at, figures)| Slot { at, figures }).collect()
}

fn sum(slots: &[Slot]) -> Figures {
    let mut all = Figures::default();
    for slot in slots {
        all.add_after(&slot.figures);
    }
    all
}

fn of_system(range: Range, told: &Told) -> pb::SystemMetrics {
    let slots = told.slots.as_deref().unwrap_or_default();
    let (before, now) = slots.split_at(slots.len().saturating_sub(range.slots()));
    pb::SystemMetrics {
        name: told.name.to_owned(),
        away: told.slots.is_none(),
        now: Some(figures(&sum(now))),
        before: Some(figures(&sum(before))),
    }
}

fn slot(slot: &Slot) -> pb::MetricSlot {
    pb::MetricSlot { begins_at: timestamp(slot.at), figures: Some(figures(&slot.figures)) }
}

fn figures(of: &Figures) -> pb::MetricFigures {
    let percentile = |percent| of.percentile(percent).map_or(0, whole);
    pb::MetricFigures {
        seconds: whole(of.seconds),
        requests: whole(of.requests()),
        faults: whole(of.faults()),
        refusals: whole(of.refusals()),
        p50_micros: percentile(50.0),
        p95_micros: percentile(95.0),
        p99_micros: percentile(99.0),
        limited: whole(of.limited()),
        failed_sign_ins: whole(of.failed_sign_ins),
        feed_lag_millis: whole(of.feed_lag_millis),
        jobs_due: whole(of.jobs_due),
        oldest_job_seconds: whole(of.oldest_job_seconds),
        memory_bytes: whole(of.memory_bytes),
    }
}

type Counts = BTreeMap<Cow<'static, str>, u64>;

/// The most frequent first.
fn counts(now: &Counts, before: &Counts) -> Vec<pb::MetricCount> {
    let names: BTreeSet<_> = now.keys().chain(before.keys()).collect();
    let of = |counts: &Counts, name: &Cow<'static, str>| whole(counts.get(name).copied().unwrap_or_default());
    let count =
        |name: &Cow<'static, str>| pb::MetricCount { name: name.to_string(), now: of(now, name), before: of(before, name) };
    let mut all: Vec<_> = names.into_iter().map(count).collect();
    all.sort_by_key(|count| Reverse((count.now, count.before)));
    all
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;

    use super::*;

    fn slots(each: &[(&'static str, u64)]) -> Vec<Slot> {
        let mut figures = Figures { seconds: 60, ..Figures::default() };
        for (outcome, count) in each {
            (0..*count).for_each(|_| figures.count(outcome, Duration::from_millis(4)));
        }
        let slot = |at| Slot { at: DateTime::from_timestamp(at * 60, 0).unwrap(), figures: figures.clone() };
        (0..120_i64).map(slot).collect()
    }

    #[test]
    fn systems_are_one_or_apart_and_one_that_is_away_is_named() {
        let told = || {
            vec![
                Told { name: "own", slots: Some(slots(&[("OK", 1)])) },
                Told { name: "x", slots: Some(slots(&[("OK", 3), ("INTERNAL", 1)])) },
                Told { name: "y", slots: None },
            ]
        };
        let all = picture(Range::Hour, "", told());
        assert_eq!((all.slots.len(), all.slots_before.len(), all.slot_seconds), (60, 60, 60));
        let began = |slot: &pb::MetricSlot| slot.begins_at.map(|at| at.seconds);
        assert!(began(&all.slots[0]) > began(&all.slots_before[59]));
        let now = all.now.unwrap();
        assert_eq!((now.requests, now.faults, now.seconds), (300, 60, 3600));
        assert_eq!((all.outcomes[0].name.as_str(), all.outcomes[0].now, all.outcomes[0].before), ("OK", 240, 240));
        let systems: Vec<_> = all.systems.iter().map(|one| (one.name.as_str(), one.away, one.now.unwrap().requests)).collect();
        assert_eq!(systems, [("own", false, 60), ("x", false, 240), ("y", true, 0)]);
        assert_eq!(picture(Range::Hour, "own", told()).now.unwrap().requests, 60);
        assert!(picture(Range::Hour, "y", told()).slots.is_empty());
    }
}
