//! All of the range in a few figures.

use leptos::prelude::*;
use streamflow_proto::dev::v1::MetricFigures;
use web_kit::{
    chart::Spark,
    format::number,
    operator::{
        Figure,
        overview::figures::{Change, More},
    },
};

use super::{Read, words};

#[component]
pub fn Figures(read: Signal<Read>) -> impl IntoView {
    view! { <section class="stats is-five" aria-label=t!("figures")>{move || figures(&read.get())}</section> }
}

fn figures(read: &Read) -> impl IntoView + use<> {
    let (now, before) = (read.metrics.now.unwrap_or_default(), read.metrics.before.unwrap_or_default());
    let than = words::before(read.hours);
    let counted = |label, of: fn(&MetricFigures) -> i64, more| {
        let figure = Figure { value: of(&now), before: of(&before) };
        let line = read.metrics.slots.iter().map(|slot| slot.figures.as_ref().map_or(0, of) as f64).collect();
        // Of a time in which nothing was measured nothing can be said.
        let note = if before.seconds == 0 {
            view! { {t!("nothing measured {than}", than)} }.into_any()
        } else {
            view! { <Change figure before=than.to_owned() more/> }.into_any()
        };
        stat(label, number::count(figure.value), note, Some(line))
    };
    let was = if before.p95_micros == 0 { t!("none").to_owned() } else { words::latency(before.p95_micros) };
    vec![
        counted(t!("requests"), |of| of.requests, More::Neutral),
        counted(t!("faults"), |of| of.faults, More::Bad),
        stat(t!("latency p95"), words::latency(now.p95_micros), view! { {format!("{was} {than}")} }.into_any(), None),
        counted(t!("failed sign-ins"), |of| of.failed_sign_ins, More::Bad),
        counted(t!("refused by a limit"), |of| of.limited, More::Bad),
    ]
}

fn stat(label: &'static str, value: String, note: AnyView, line: Option<Vec<f64>>) -> AnyView {
    view! {
        <div class="stat">
            <div class="stat-label">{label}</div>
            <div class="stat-value">{value}</div>
            {line.map(|values| view! { <Spark title=t!("{label} over the range", label) values/> })}
            <div class="stat-note">{note}</div>
        </div>
    }
    .into_any()
}
