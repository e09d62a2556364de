//! The same by system, by code and by limit, as tables.

use leptos::prelude::*;
use streamflow_proto::dev::v1::{MetricCount, SystemMetrics};
use web_kit::{
    badge::{Status, Tone},
    format::number,
    icon::glyphs,
};

use super::{Read, words};
use crate::pages::tally::{tally, told};

#[component]
pub fn Systems(read: Signal<Read>) -> impl IntoView {
    let lines = move || read.with(|read| read.metrics.systems.iter().map(system).collect_view());
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!("by system")}</h2>
                <span class="count">{move || t!("in brackets: {what}", what = words::before(read.with(|read| read.hours)))}</span>
            </div>
            <div class="table-wrap" tabindex="0" role="region" aria-label=t!("by system")>
                <table class="table table-plain cards-on-phone">
                    <thead>
                        <tr>
                            <th scope="col">{t!("system")}</th>
                            <th scope="col" class="num">{t!("requests")}</th>
                            <th scope="col" class="num">{t!("faults")}</th>
                            <th scope="col" class="num">{t!("refused")}</th>
                            <th scope="col" class="num">"p50"</th>
                            <th scope="col" class="num">"p95"</th>
                            <th scope="col" class="num">"p99"</th>
                            <th scope="col" class="num">{t!("failed sign-ins")}</th>
                            <th scope="col" class="num">{t!("limited")}</th>
                            <th scope="col" class="num wide-only">{t!("oldest job")}</th>
                            <th scope="col" class="num wide-only">{t!("memory")}</th>
                        </tr>
                    </thead>
                    <tbody>{lines}</tbody>
                </table>
            </div>
        </section>
    }
}

fn system(system: &SystemMetrics) -> AnyView {
    let name = system.name.clone();
    if system.away {
        return view! {
            <tr>
                <td data-p="a" class="mono"><span class="cell-main">{name}</span></td>
                <td data-p="b" colspan="10"><Status tone=Tone::Danger glyph=glyphs::CIRCLE_XMARK text=t!("did not answer")/></td>
            </tr>
        }
        .into_any();
    }
    let (now, before) = (system.now.unwrap_or_default(), system.before.unwrap_or_default());
    let counts = |now: i64, was: i64| compared(tally(now), (before.seconds > 0).then(|| number::count(was)));
    let times =
        |now: i64, was: i64| compared(told((now > 0).then(|| words::latency(now))), (was > 0).then(|| words::latency(was)));
    view! {
        <tr>
            <td data-p="a" class="mono"><span class="cell-main">{name}</span></td>
            <td data-p="b" class="num mono">{counts(now.requests, before.requests)}</td>
            <td class="num mono">{counts(now.faults, before.faults)}</td>
            <td class="num mono">{counts(now.refusals, before.refusals)}</td>
            <td class="num mono">{times(now.p50_micros, before.p50_micros)}</td>
            <td class="num mono">{times(now.p95_micros, before.p95_micros)}</td>
            <td class="num mono">{times(now.p99_micros, before.p99_micros)}</td>
            <td class="num mono">{counts(now.failed_sign_ins, before.failed_sign_ins)}</td>
            <td class="num mono">{counts(now.limited, before.limited)}</td>
            <td class="num mono wide-only">{told((now.oldest_job_seconds > 0).then(|| t!("{seconds} s", seconds = number::count(now.oldest_job_seconds))))}</td>
            <td class="num mono wide-only">{words::memory(now.memory_bytes)}</td>
        </tr>
    }
    .into_any()
}

/// "1,204 (980)".
fn compared(now: AnyView, before: Option<String>) -> impl IntoView {
    view! {
        {now}
        {before.map(|before| view! { <span class="muted">{format!(" ({before})")}</span> })}
    }
}

/// Answers by code, and refusals by limit.
#[component]
pub fn Counts(read: Signal<Read>) -> impl IntoView {
    let than = move || words::before(read.with(|read| read.hours));
    view! {
        <div class="metric-grid">
            {counts(t!("answers by code"), t!("code"), than, move || read.with(|read| read.metrics.outcomes.clone()))}
            {counts(t!("refused by a limit, by class"), t!("class"), than, move || read.with(|read| read.metrics.limited.clone()))}
        </div>
    }
}

fn counts(
    title: &'static str,
    head: &'static str,
    than: impl Fn() -> &'static str + Copy + Send + Sync + 'static,
    of: impl Fn() -> Vec<MetricCount> + Copy + Send + Sync + 'static,
) -> AnyView {
    let line = |count: MetricCount| {
        view! {
            <tr>
                <td class="mono">{count.name}</td>
                <td class="num mono">{number::count(count.now)}</td>
                <td class="num mono muted">{number::count(count.before)}</td>
            </tr>
        }
    };
    let none = || view! { <p class="card-body"><Status tone=Tone::Success glyph=glyphs::CIRCLE_CHECK text=t!("none")/></p> };
    view! {
        <section class="card">
            <div class="card-head"><h2>{title}</h2></div>
            <Show when=move || !of().is_empty() fallback=none>
                <div class="table-wrap" tabindex="0" role="region" aria-label=title>
                    <table class="table table-plain">
                        <thead>
                            <tr>
                                <th scope="col">{head}</th>
                                <th scope="col" class="num">{t!("now")}</th>
                                <th scope="col" class="num">{than}</th>
                            </tr>
                        </thead>
                        <tbody>{move || of().into_iter().map(line).collect_view()}</tbody>
                    </table>
                </div>
            </Show>
        </section>
    }
    .into_any()
}
