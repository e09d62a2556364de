//! Amounts, places and sentences, short and exact.

use streamflow_proto::dev::v1::{GetMetricsResponse, MetricFigures, MetricSlot};
use web_kit::format::{date, number};

/// Nothing else of these figures means anything before some time was measured.
pub fn is_measured(metrics: &GetMetricsResponse) -> bool {
    metrics.now.is_some_and(|now| now.seconds > 0) || metrics.before.is_some_and(|before| before.seconds > 0)
}

/// "1 h before".
pub fn before(hours: i32) -> &'static str {
    match hours {
        1 => t!("1 h before"),
        24 => t!("24 h before"),
        _ => t!("7 d before"),
    }
}

/// "by minute, until 2026-11-20 13:48 UTC".
pub fn about(hours: i32, metrics: &GetMetricsResponse) -> String {
    let by = match hours {
        1 => t!("by minute"),
        24 => t!("by 15 minutes"),
        _ => t!("by hour"),
    };
    let until =
        metrics.at.map(|at| t!(", until {day} {time} UTC", day = date::iso(at.seconds), time = date::exact_time(at.seconds)));
    format!("{by}{}", until.unwrap_or_default())
}

pub fn missing(metrics: &GetMetricsResponse) -> String {
    let away = metrics.systems.iter().filter(|system| system.away);
    let sentence = |name: &str| t!("The {name} system did not answer: its figures are missing.", name);
    away.map(|system| sentence(&system.name)).collect::<Vec<_>>().join(" ")
}

/// A place on the axis: "13:48", and in a week "11-20 13:00".
pub fn place(slot: &MetricSlot, hours: i32) -> String {
    let at = slot.begins_at.map_or(0, |at| at.seconds);
    if hours > 24 { format!("{} {}", date::iso(at).split_off(5), date::exact_time(at)) } else { date::exact_time(at) }
}

/// The figures of a place where something was measured.
pub fn measured(slot: &MetricSlot) -> Option<MetricFigures> {
    slot.figures.filter(|figures| figures.seconds > 0)
}

/// "0.25", "12".
pub fn rate(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        ..0.1 => number::decimal(value, 3),
        0.1..10.0 => number::decimal(value, 2),
        _ => number::count(value.round() as i64),
    }
}

/// "0.4", "12": milliseconds, named in the title.
pub fn fine(value: f64) -> String {
    number::decimal(value, usize::from(value > 0.0 && value < 10.0))
}

/// "4.0 ms", "–" without answers.
pub fn latency(micros: i64) -> String {
    if micros == 0 { "–".to_owned() } else { t!("{value} ms", value = fine(micros as f64 / 1_000.0)) }
}

/// "38 MB", "–" where it is not known.
pub fn memory(bytes: i64) -> String {
    if bytes == 0 { "–".to_owned() } else { number::bytes(bytes) }
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;
    use streamflow_proto::dev::v1::SystemMetrics;

    use super::*;

    #[test]
    fn amounts_have_the_digits_that_matter() {
        assert_eq!([0.0, 0.016, 0.25, 3.5, 1_204.0].map(rate), ["0", "0.016", "0.25", "3.50", "1,204"]);
        assert_eq!([0.0, 0.42, 12.4].map(fine), ["0", "0.4", "12"]);
        assert_eq!((latency(0), latency(4_040), memory(0)), ("–".into(), "4.0 ms".into(), "–".into()));
    }

    #[test]
    fn places_and_gaps_are_told() {
        let mut slot = MetricSlot { begins_at: Some(Timestamp { seconds: 1_795_182_480, nanos: 0 }), figures: None };
        assert_eq!((place(&slot, 1), place(&slot, 168)), ("13:48".into(), "11-20 13:48".into()));
        assert!(measured(&slot).is_none());
        slot.figures = Some(MetricFigures::default());
        assert!(measured(&slot).is_none());
        let away = |name: &str, away| SystemMetrics { name: name.into(), away, ..SystemMetrics::default() };
        let metrics = GetMetricsResponse { systems: vec![away("own", false), away("x", true)], ..Default::default() };
        assert_eq!(missing(&metrics), "The x system did not answer: its figures are missing.");
        assert!(!is_measured(&metrics));
        assert_eq!(about(24, &metrics), "by 15 minutes");
    }
}
