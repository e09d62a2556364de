//! The systems, each in a line: whether it answers, and what needs a look.

use leptos::prelude::*;
use streamflow_proto::dev::v1::{SystemHealth, SystemState};
use web_kit::{badge::Status, browser, operator::OperatorPortal as _};

use super::words;
use crate::{
    app::Dev,
    pages::{job::words::away, tally::told},
};

#[component]
pub fn Systems(systems: Signal<Vec<SystemHealth>>) -> impl IntoView {
    let count = move || {
        let down = systems.with(|all| all.iter().filter(|system| system.state() == SystemState::Down).count());
        if down == 0 { t!("all answer").to_owned() } else { t!("{down} down", down) }
    };
    view! {
        <section class="card">
            <div class="card-head"><h2>{t!("systems")}</h2><span class="count">{count}</span></div>
            <div class="table-wrap" tabindex="0" role="region" aria-label=t!("systems")>
                <table class="table table-plain cards-on-phone">
                    <thead>
                        <tr>
                            <th scope="col">{t!("system")}</th>
                            <th scope="col">{t!("state")}</th>
                            <th scope="col">{t!("what needs a look")}</th>
                            <th scope="col">{t!("version")}</th>
                            <th scope="col" class="num">{t!("answer")}</th>
                            <th scope="col">{t!("place")}</th>
                            <th scope="col">{t!("serving since, utc")}</th>
                        </tr>
                    </thead>
                    <tbody>{move || lines(systems.get())}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn lines(systems: Vec<SystemHealth>) -> impl IntoView {
    // The first one is the system that asked the others: when they answered is by its clock.
    let now = systems.first().map_or_else(browser::now, words::clock);
    systems.into_iter().map(|system| line(system, now)).collect_view()
}

fn line(system: SystemHealth, now: i64) -> impl IntoView {
    let (tone, glyph, word) = words::state(system.state());
    let is_down = system.state() == SystemState::Down;
    let since = match (is_down, &system.last_answer_at) {
        (true, Some(at)) => t!("down since {at} ({ago})", at = Dev::MANNER.second(Some(at)), ago = away(at, now)),
        (true, None) => t!("has never answered this system").to_owned(),
        (false, _) => String::new(),
    };
    let problems: Vec<_> = std::iter::once(since).filter(|text| !text.is_empty()).chain(system.problems).collect();
    let problems = if problems.is_empty() {
        view! { <span class="muted">{t!("nothing")}</span> }.into_any()
    } else {
        problems.join("; ").into_any()
    };
    let answer = told((system.round_trip_micros > 0).then(|| words::millis(system.round_trip_micros)));
    view! {
        <tr>
            <td data-p="a" class="mono"><span class="cell-main">{system.name}</span></td>
            <td data-p="b"><Status tone glyph text=word/></td>
            <td data-p="e">{problems}</td>
            <td data-p="c" class="mono muted">{system.version}</td>
            <td data-p="d" class="num mono">{answer}</td>
            <td class="mono muted">{system.place}</td>
            <td class="soft tnum">{Dev::MANNER.second(system.started_at.as_ref())}</td>
        </tr>
    }
}
