//! Work that is done again and again.

use leptos::prelude::*;
use streamflow_proto::dev::v1::Schedule;
use web_kit::{
    badge::{Status, Tone},
    button::Button,
    icon::glyphs,
    load::{Load, Loaded},
    operator::OperatorPortal as _,
};

use super::{act, words};
use crate::app::Dev;

#[component]
pub fn Schedules(load: Load<Vec<Schedule>>, #[prop(into)] now: Signal<i64>, acted: Callback<()>) -> impl IntoView {
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!("scheduler")}</h2>
                <span class="count">{t!("one process does what is due")}</span>
            </div>
            <Loaded load what=t!("The schedules") let:schedules>
                <div class="table-wrap" tabindex="0" role="region" aria-label=t!("scheduler")>
                    <table class="table table-plain cards-on-phone">
                        <thead>
                            <tr>
                                <th scope="col">{t!("task")}</th>
                                <th scope="col">{t!("when")}</th>
                                <th scope="col">{t!("last, utc")}</th>
                                <th scope="col" class="num">{t!("took")}</th>
                                <th scope="col">{t!("next")}</th>
                                <th scope="col">{t!("result")}</th>
                                <th scope="col" class="num"><span class="sr-only">{t!("run it")}</span></th>
                            </tr>
                        </thead>
                        <tbody>{schedules.into_iter().map(|schedule| view! { <Line schedule now acted/> }).collect_view()}</tbody>
                    </table>
                </div>
            </Loaded>
        </section>
    }
}

#[component]
fn Line(schedule: Schedule, now: Signal<i64>, acted: Callback<()>) -> impl IntoView {
    let busy = RwSignal::new(false);
    let (tone, glyph, result) = result(&schedule);
    let next_run_at = schedule.next_run_at;
    let next = move || next_run_at.map(|at| words::away(&at, now.get())).unwrap_or_default();
    let because = Signal::stored(schedule.under_way.then(|| t!("it waits or runs right now").to_owned()));
    let name = schedule.name.clone();
    view! {
        <tr>
            <td data-p="a" class="mono"><span class="cell-main">{schedule.name.clone()}</span></td>
            <td class="soft">{words::every(schedule.every_seconds)}</td>
            <td data-p="d" class="soft tnum">{Dev::MANNER.second(schedule.last_finished_at.as_ref())}</td>
            <td class="num mono">{words::took(schedule.last_started_at.as_ref(), schedule.last_finished_at.as_ref())}</td>
            <td class="mono" title=Dev::MANNER.moment(schedule.next_run_at.as_ref())>{next}</td>
            <td data-p="c"><Status tone glyph text=result/></td>
            <td data-p="b" class="num">
                <Button small=true busy disabled_because=because on_click=move |_| act::run(name.clone(), busy, acted)>
                    {t!("run")}
                    <span class="sr-only">{t!(" {name} now", name = schedule.name)}</span>
                </Button>
            </td>
        </tr>
    }
}

/// How the last attempt went, or that one is under way.
fn result(schedule: &Schedule) -> (Tone, web_kit::icon::Glyph, String) {
    let failed = !schedule.last_error.is_empty();
    match (schedule.under_way, failed) {
        (true, false) => (Tone::Info, glyphs::CIRCLE_HALF_STROKE, t!("under way").to_owned()),
        (true, true) => {
            (Tone::Warning, glyphs::TRIANGLE_EXCLAMATION, t!("{last_error}, tried again", last_error = schedule.last_error))
        }
        (false, true) => (Tone::Danger, glyphs::CIRCLE_XMARK, schedule.last_error.clone()),
        (false, false) if schedule.last_finished_at.is_none() => {
            (Tone::Neutral, glyphs::CIRCLE_MINUS, t!("not run yet").to_owned())
        }
        (false, false) if schedule.last_result.is_empty() => (Tone::Success, glyphs::CIRCLE_CHECK, t!("ok").to_owned()),
        (false, false) => (Tone::Success, glyphs::CIRCLE_CHECK, schedule.last_result.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_also_while_it_is_tried_again() {
        let mut schedule = Schedule { under_way: true, ..Schedule::default() };
        assert_eq!(result(&schedule).2, "under way");
        schedule.last_error = "a part it needs did not answer".into();
        assert_eq!((result(&schedule).0, result(&schedule).2.ends_with("tried again")), (Tone::Warning, true));
        schedule.under_way = false;
        assert_eq!(result(&schedule).0, Tone::Danger);
        let ran = Schedule {
            last_finished_at: Some(prost_types::Timestamp::default()),
            last_result: "3 rows deleted".into(),
            ..Schedule::default()
        };
        assert_eq!((result(&ran).0, result(&ran).2.as_str()), (Tone::Success, "3 rows deleted"));
        assert_eq!(result(&Schedule::default()).2, "not run yet");
    }
}
