//! The queue in figures.

use leptos::prelude::*;
use streamflow_proto::dev::v1::GetQueueResponse;
use web_kit::format::number;

use super::words;

#[component]
pub fn Gauges(queue: GetQueueResponse) -> impl IntoView {
    let oldest = match &queue.oldest_due_at {
        Some(at) => format!("oldest due {}", words::away(at, words::clock(&queue))),
        None => "none is due".to_owned(),
    };
    view! {
        <section class="stats is-five" aria-label="The queue">
            <Gauge label="running" value=queue.running note="now".to_owned()/>
            <Gauge label="waiting" value=queue.waiting note=oldest/>
            <Gauge label="retrying" value=queue.retrying note="of those waiting".to_owned()/>
            <Gauge label="dead letters" value=queue.dead note="wait for a person".to_owned()/>
            <Gauge label="done 24 h" value=queue.done note="kept 7 d".to_owned()/>
        </section>
    }
}

#[component]
fn Gauge(label: &'static str, value: i64, note: String) -> impl IntoView {
    view! {
        <div class="stat">
            <div class="stat-label">{label}</div>
            <div class="stat-value">{number::count(value)}</div>
            <div class="stat-note">{note}</div>
        </div>
    }
}
