//! The charts: what people asked and how they were answered, then how the parts were.

use leptos::prelude::*;
use streamflow_proto::dev::v1::MetricFigures;
use web_kit::{
    chart::{Chart, ChartKind, Point},
    format::number,
};

use super::{Read, words};

/// A value of a place; none where it says nothing.
type Value = fn(&MetricFigures) -> Option<f64>;

#[component]
pub fn Charts(read: Signal<Read>) -> impl IntoView {
    view! {
        <div class="metric-grid">
            {chart(read, t!("requests a second"), |of| Some(of.requests as f64 / of.seconds as f64), words::rate, 0.01)}
            <Latency read/>
            {chart(read, t!("faults, failed on our side"), |of| Some(of.faults as f64), count, 1.0)}
            {chart(read, t!("refused for what the caller did"), |of| Some(of.refusals as f64), count, 1.0)}
            {chart(read, t!("failed sign-ins"), |of| Some(of.failed_sign_ins as f64), count, 1.0)}
            {chart(read, t!("refused by a limit"), |of| Some(of.limited as f64), count, 1.0)}
            {chart(read, t!("jobs due"), |of| Some(of.jobs_due as f64), count, 1.0)}
            {chart(read, t!("age of the oldest due job, s"), |of| Some(of.oldest_job_seconds as f64), count, 1.0)}
            {chart(read, t!("change feed read, ms ago"), |of| Some(of.feed_lag_millis as f64), count, 1.0)}
            {chart(read, t!("memory of the largest process, MB"), megabytes, count, 1.0)}
        </div>
    }
}

fn chart(read: Signal<Read>, title: &'static str, value: Value, write: fn(f64) -> String, least: f64) -> AnyView {
    let points = Signal::derive(move || read.with(|read| points(read, value, &[])));
    view! { <Chart title points kind=ChartKind::Line names=(t!("this range"), t!("range before")) write least card=true/> }
        .into_any()
}

#[component]
fn Latency(read: Signal<Read>) -> impl IntoView {
    let further: &'static [Value] = &[|of| millis(of.p50_micros), |of| millis(of.p99_micros)];
    let points = Signal::derive(move || read.with(|read| points(read, |of| millis(of.p95_micros), further)));
    view! {
        <Chart
            title=t!("latency, ms")
            points
            kind=ChartKind::Line
            names=("p95", t!("p95 before"))
            also=&["p50", "p99"]
            write=words::fine
            card=true
        />
    }
}

fn points(read: &Read, value: Value, further: &'static [Value]) -> Vec<Point> {
    let places = read.metrics.slots.iter().zip(&read.metrics.slots_before);
    let point = |(slot, before): (_, _)| {
        let (now, was) = (words::measured(slot), words::measured(before));
        let of = |value: &Value| now.as_ref().and_then(value);
        let first = Point::new(words::place(slot, read.hours), of(&value)).before(was.as_ref().and_then(value));
        further.iter().fold(first, |point, value| point.also(of(value)))
    };
    places.map(point).collect()
}

fn millis(micros: i64) -> Option<f64> {
    (micros > 0).then(|| micros as f64 / 1_000.0)
}

fn megabytes(of: &MetricFigures) -> Option<f64> {
    (of.memory_bytes > 0).then(|| of.memory_bytes as f64 / 1_000_000.0)
}

fn count(value: f64) -> String {
    number::count(value.round() as i64)
}

#[cfg(test)]
mod tests {
    use streamflow_proto::dev::v1::{GetMetricsResponse, MetricSlot};

    use super::*;

    #[test]
    fn a_place_without_measurement_is_a_gap_and_not_zero() {
        let slot = |seconds, requests| {
            let figures = MetricFigures { seconds, requests, ..MetricFigures::default() };
            MetricSlot { begins_at: None, figures: Some(figures) }
        };
        let metrics = GetMetricsResponse {
            slots: vec![slot(60, 120), slot(0, 0)],
            slots_before: vec![slot(0, 0), slot(60, 0)],
            ..GetMetricsResponse::default()
        };
        let points = points(&Read { hours: 1, metrics }, |of| Some(of.requests as f64 / of.seconds as f64), &[]);
        let told: Vec<_> = points.iter().map(|point| (point.value, point.before)).collect();
        assert_eq!(told, [(Some(2.0), None), (None, Some(0.0))]);
    }
}
