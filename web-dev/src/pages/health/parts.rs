//! Databases, queues, feeds and listeners of the systems that answer.

use leptos::prelude::*;
use streamflow_proto::dev::v1::{DatabaseHealth, SystemHealth};
use web_kit::{
    badge::{Status, Tone},
    icon::glyphs,
    operator::OperatorPortal as _,
};

use super::words;
use crate::{
    app::Dev,
    pages::{
        job::words::{away, span},
        tally::{tally, told},
    },
};

#[component]
pub fn Databases(systems: Signal<Vec<SystemHealth>>) -> impl IntoView {
    let line = |system: SystemHealth| system.database.map(|database| database_line(system.name, database));
    view! {
        <section class="card">
            <div class="card-head"><h2>{t!("databases")}</h2></div>
            <div class="table-wrap" tabindex="0" role="region" aria-label=t!("databases")>
                <table class="table table-plain cards-on-phone">
                    <thead>
                        <tr>
                            <th scope="col">{t!("system")}</th>
                            <th scope="col">{t!("state")}</th>
                            <th scope="col">{t!("kind")}</th>
                            <th scope="col" class="num">{t!("answer")}</th>
                            <th scope="col" class="num">{t!("migrations")}</th>
                            <th scope="col" class="num">{t!("pending")}</th>
                            <th scope="col">{t!("newest")}</th>
                        </tr>
                    </thead>
                    <tbody>{move || systems.get().into_iter().filter_map(line).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn database_line(system: String, database: DatabaseHealth) -> impl IntoView {
    let (tone, glyph, word) = if database.reachable {
        (Tone::Success, glyphs::CIRCLE_CHECK, t!("ok"))
    } else {
        (Tone::Danger, glyphs::CIRCLE_XMARK, t!("away"))
    };
    view! {
        <tr>
            <td data-p="a" class="mono"><span class="cell-main">{system}</span></td>
            <td data-p="b"><Status tone glyph text=word/></td>
            <td data-p="c" class="mono">{database.kind}</td>
            <td data-p="d" class="num mono">{words::millis(database.latency_micros)}</td>
            <td class="num mono">{database.migrations_applied}</td>
            <td class="num mono">{tally(database.migrations_pending.into())}</td>
            <td data-p="e" class="mono muted">{database.newest_migration}</td>
        </tr>
    }
}

/// One queue of a system.
struct Queue {
    name: String,
    waiting: i64,
    retrying: i64,
    running: Option<i64>,
    given_up: i64,
    done: i64,
    oldest: Option<prost_types::Timestamp>,
    /// By its system's clock.
    now: i64,
}

fn queues(system: SystemHealth) -> Vec<Queue> {
    let now = words::clock(&system);
    let name = system.name;
    let jobs = system.jobs.map(|jobs| Queue {
        name: format!("{name}.jobs"),
        waiting: jobs.waiting,
        retrying: jobs.retrying,
        running: Some(jobs.running),
        given_up: jobs.dead,
        done: jobs.done,
        oldest: jobs.oldest_due_at,
        now,
    });
    let mails = system.mails.map(|mails| Queue {
        name: format!("{name}.mail"),
        waiting: mails.waiting,
        retrying: mails.retrying,
        running: None,
        given_up: mails.given_up,
        done: mails.sent,
        oldest: mails.oldest_due_at,
        now,
    });
    jobs.into_iter().chain(mails).collect()
}

#[component]
pub fn Queues(systems: Signal<Vec<SystemHealth>>) -> impl IntoView {
    let line = |queue: Queue| {
        view! {
            <tr>
                <td data-p="a" class="mono"><span class="cell-main">{queue.name}</span></td>
                <td data-p="b" data-head=t!("waiting") class="num mono">{tally(queue.waiting)}</td>
                <td class="num mono">{tally(queue.retrying)}</td>
                <td class="num mono">{queue.running.map_or_else(|| told(None), tally)}</td>
                <td data-p="d" data-head=t!("gave up") class="num mono">{tally(queue.given_up)}</td>
                <td class="num mono">{tally(queue.done)}</td>
                <td data-p="c" data-head=t!("oldest due") class="num mono">{told(queue.oldest.map(|at| away(&at, queue.now)))}</td>
            </tr>
        }
    };
    view! {
        <section class="card">
            <div class="card-head"><h2>{t!("queues")}</h2></div>
            <div class="table-wrap" tabindex="0" role="region" aria-label=t!("queues")>
                <table class="table table-plain cards-on-phone">
                    <thead>
                        <tr>
                            <th scope="col">{t!("queue")}</th>
                            <th scope="col" class="num">{t!("waiting")}</th>
                            <th scope="col" class="num">{t!("retrying")}</th>
                            <th scope="col" class="num">{t!("running")}</th>
                            <th scope="col" class="num">{t!("gave up")}</th>
                            <th scope="col" class="num">{t!("done 24 h")}</th>
                            <th scope="col" class="num">{t!("oldest due")}</th>
                        </tr>
                    </thead>
                    <tbody>{move || systems.get().into_iter().flat_map(queues).map(line).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

#[component]
pub fn Listeners(systems: Signal<Vec<SystemHealth>>) -> impl IntoView {
    let line = |system: SystemHealth| {
        system.feed.map(|feed| {
            let listeners = system.listeners.iter().map(|one| {
                let since = Dev::MANNER.moment(one.since.as_ref());
                view! { <div title=t!("since {since}", since)>{one.name.clone()} " " <span class="mono">{one.address.clone()}</span></div> }
            });
            view! {
                <tr>
                    <td data-p="a" class="mono"><span class="cell-main">{system.name}</span></td>
                    <td data-p="b" class="num mono">{t!("{time} ago", time = span(feed.read_ago_millis))}</td>
                    <td data-p="c" class="mono muted">{feed.position}</td>
                    <td data-p="e">{listeners.collect_view()}</td>
                </tr>
            }
        })
    };
    view! {
        <section class="card">
            <div class="card-head"><h2>{t!("feeds and listeners")}</h2></div>
            <div class="table-wrap" tabindex="0" role="region" aria-label=t!("feeds and listeners")>
                <table class="table table-plain cards-on-phone listens">
                    <thead>
                        <tr>
                            <th scope="col">{t!("system")}</th>
                            <th scope="col" class="num">{t!("feed read")}</th>
                            <th scope="col">{t!("position")}</th>
                            <th scope="col">{t!("listens on")}</th>
                        </tr>
                    </thead>
                    <tbody>{move || systems.get().into_iter().filter_map(line).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}
