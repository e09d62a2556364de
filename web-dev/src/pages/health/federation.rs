//! What each system has heard of each other one, and how old the keys between them are.

use leptos::prelude::*;
use prost_types::Timestamp;
use streamflow_proto::dev::v1::{KeyHealth, PeerHealth, SystemHealth};
use web_kit::operator::refusal;

use super::words;
use crate::pages::{job::words::away, tally::tally};

#[component]
pub fn Federation(systems: Signal<Vec<SystemHealth>>) -> impl IntoView {
    let pairs = |system: SystemHealth| {
        let now = words::clock(&system);
        system.peers.into_iter().map(move |peer| line(&system.name, peer, now))
    };
    view! {
        <section class="card">
            <div class="card-head"><h2>{t!("federation")}</h2></div>
            <div class="table-wrap" tabindex="0" role="region" aria-label=t!("federation")>
                <table class="table table-plain cards-on-phone">
                    <thead>
                        <tr>
                            <th scope="col">{t!("pair")}</th>
                            <th scope="col" class="num">{t!("called by it")}</th>
                            <th scope="col" class="num">{t!("answered")}</th>
                            <th scope="col" class="num">{t!("refused")}</th>
                            <th scope="col">{t!("last refusal")}</th>
                            <th scope="col" class="num">{t!("clock")}</th>
                            <th scope="col" class="num">{t!("key out")}</th>
                            <th scope="col" class="num">{t!("key in")}</th>
                        </tr>
                    </thead>
                    <tbody>{move || systems.get().into_iter().flat_map(pairs).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn line(system: &str, peer: PeerHealth, now: i64) -> impl IntoView + use<> {
    let when = move |at: Option<&Timestamp>| match at {
        Some(at) => away(at, now).into_any(),
        None => view! { <span class="muted">{t!("never")}</span> }.into_any(),
    };
    let refusal = peer.last_refused_at.as_ref().map(|at| format!("{}, {}", refusal::words(&peer.last_refusal), away(at, now)));
    view! {
        <tr>
            <td data-p="a" class="mono"><span class="cell-main">{format!("{system} · {}", peer.name)}</span></td>
            <td data-p="c" data-head=t!("called by it") class="num mono">{when(peer.last_seen_at.as_ref())}</td>
            <td data-p="d" data-head=t!("answered") class="num mono">{when(peer.last_answer_at.as_ref())}</td>
            <td data-p="b" data-head=t!("refused") class="num mono">{tally(peer.refused)}</td>
            <td data-p="e">{refusal}</td>
            <td class="num mono">{t!("{seconds} s", seconds = format_args!("{:+}", peer.clock_offset_seconds))}</td>
            <td class="num mono">{age(&peer.keys_out, now)}</td>
            <td class="num mono">{age(&peer.keys_in, now)}</td>
        </tr>
    }
}

/// Age of the current key.
fn age(keys: &[KeyHealth], now: i64) -> String {
    match keys.first().map(|key| key.created_at) {
        None => t!("no key").to_owned(),
        Some(None) => t!("unknown").to_owned(),
        Some(Some(made)) => words::age(now - made.seconds),
    }
}
