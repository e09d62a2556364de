//! The queue in figures.

use leptos::prelude::*;
use streamflow_proto::dev::v1::GetQueueResponse;
use web_kit::format::number;

use super::words;

#[component]
pub fn Gauges(queue: GetQueueResponse) -> impl IntoView {
    let oldest = match &queue.oldest_due_at {
        Some(at) => t!("oldest due {when}", when = words::away(at, words::clock(&queue))),
        None => t!("none is due").to_owned(),
    };
    view! {
        <section class="stats is-five" aria-label=t!("The queue")>
            <Gauge label=t!("running") value=queue.running note=t!("now").to_owned()/>
            <Gauge label=t!("waiting") value=queue.waiting note=oldest/>
            <Gauge label=t!("retrying") value=queue.retrying note=t!("of those waiting").to_owned()/>
            <Gauge label=t!("dead letters") value=queue.dead note=t!("wait for a person").to_owned()/>
            <Gauge label=t!("done 24 h") value=queue.done note=t!("kept 7 d").to_owned()/>
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
