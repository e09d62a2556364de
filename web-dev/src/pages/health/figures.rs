//! All systems in a few figures.

use leptos::prelude::*;
use streamflow_proto::dev::v1::{SystemHealth, SystemState};
use web_kit::format::number;

use super::words;
use crate::pages::job::words::away;

#[component]
pub fn Figures(systems: Signal<Vec<SystemHealth>>) -> impl IntoView {
    view! {
        <section class="stats is-five" aria-label=t!("All systems")>{move || figures(&systems.get())}</section>
    }
    .into_any()
}

fn figures(systems: &[SystemHealth]) -> impl IntoView + use<> {
    let working = systems.iter().filter(|system| system.state() == SystemState::Working).count();
    let jobs = || systems.iter().filter_map(|system| system.jobs.as_ref());
    let mails = || systems.iter().filter_map(|system| system.mails.as_ref());
    // Each by its own clock.
    let waits = |system: &SystemHealth| Some((system.jobs.as_ref()?.oldest_due_at?, words::clock(system)));
    let oldest = systems.iter().filter_map(waits).max_by_key(|(at, now)| now - at.seconds);
    let oldest = oldest.map_or_else(|| t!("none is due").to_owned(), |(at, now)| t!("oldest due {when}", when = away(&at, now)));
    let refused: i64 = systems.iter().flat_map(|system| &system.peers).map(|peer| peer.refused).sum();
    let slowest = systems.iter().filter_map(|system| system.database.as_ref()).map(|database| database.latency_micros).max();
    let slowest = slowest.map(|micros| t!("slowest database {time}", time = words::millis(micros))).unwrap_or_default();
    let waiting_mails = number::count(mails().map(|mails| mails.waiting).sum());
    let given_up = t!("{mails} given up in 7 d", mails = number::count(mails().map(|mails| mails.given_up).sum()));
    vec![
        figure(t!("systems ok"), format!("{working}/{}", systems.len()), slowest),
        figure(t!("jobs waiting"), number::count(jobs().map(|jobs| jobs.waiting).sum()), oldest),
        figure(t!("dead letters"), number::count(jobs().map(|jobs| jobs.dead).sum()), t!("wait for a person").to_owned()),
        figure(t!("mails waiting"), waiting_mails, given_up),
        figure(t!("calls refused"), number::count(refused), t!("between systems").to_owned()),
    ]
}

fn figure(label: &'static str, value: String, note: String) -> AnyView {
    view! {
        <div class="stat">
            <div class="stat-label">{label}</div>
            <div class="stat-value">{value}</div>
            <div class="stat-note">{note}</div>
        </div>
    }
    .into_any()
}
