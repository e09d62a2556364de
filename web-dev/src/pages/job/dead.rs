//! Jobs that were given up and wait for a person: try again, or let go.

use std::sync::Arc;

use leptos::prelude::*;
use streamflow_proto::dev::v1::Job;
use web_kit::{
    badge::{Status, Tone},
    button::{Button, Kind},
    dialog::ConfirmDialog,
    icon::glyphs,
    list::rows::Rows,
    operator::{OperatorPortal as _, elevation::use_elevated},
};

use super::{act, queue::Pages, words};
use crate::app::{Dev, JOBS};

#[component]
pub fn DeadLetters(rows: Rows<Job>, acted: Callback<()>) -> impl IntoView {
    // The job that is asked about.
    let asked = RwSignal::new(None::<Arc<Job>>);
    let open = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let ask = Callback::new(move |job: Arc<Job>| {
        use_elevated().with(JOBS.name, move || {
            asked.set(Some(Arc::clone(&job)));
            open.set(true);
        });
    });
    let done = Callback::new(move |()| {
        open.set(false);
        acted.run(());
    });
    let confirm = move |()| {
        if let Some(job) = asked.get_untracked() {
            act::discard(job.id.clone(), busy, done);
        }
    };
    let what = move || asked.with(|job| job.as_ref().map(|job| format!("{} {}", job.kind, job.id)).unwrap_or_default());
    let none = move || {
        view! {
            <p class="card-body"><Status tone=Tone::Success glyph=glyphs::CIRCLE_CHECK text=t!("none")/></p>
        }
    };
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!("dead letters")}</h2>
                <span class="count">{move || rows.is_ready().then(|| counted(rows))}</span>
            </div>
            <Pages rows what=t!("Dead letters") none>
                <div class="table-wrap" tabindex="0" role="region" aria-label=t!("dead letters")>
                    <table class="table table-plain cards-on-phone">
                        <thead>
                            <tr>
                                <th scope="col">{t!("time, utc")}</th>
                                <th scope="col">{t!("kind")}</th>
                                <th scope="col" class="wide-only">{t!("org")}</th>
                                <th scope="col">{t!("why")}</th>
                                <th scope="col" class="num">{t!("tries")}</th>
                                <th scope="col" class="num"><span class="sr-only">{t!("what to do")}</span></th>
                            </tr>
                        </thead>
                        <tbody>
                            <For each=move || rows.get() key=|job| Arc::as_ptr(job) as usize let:job>
                                <Line job acted ask/>
                            </For>
                        </tbody>
                    </table>
                </div>
            </Pages>
        </section>
        <ConfirmDialog open title=t!("discard this job?") action=t!("discard the job") busy on_confirm=confirm>
            <p>{t!("Its work is never done. The audit keeps that it was there.")} <br/> <span class="mono">{what}</span></p>
        </ConfirmDialog>
    }
}

fn counted(rows: Rows<Job>) -> String {
    let more = if rows.has_more() { "+" } else { "" };
    format!("{}{more}", rows.count())
}

#[component]
fn Line(job: Arc<Job>, acted: Callback<()>, ask: Callback<Arc<Job>>) -> impl IntoView {
    let busy = RwSignal::new(false);
    let id = job.id.clone();
    let whose = format!(" {}, {}", job.kind, job.id);
    let also_whose = whose.clone();
    let kept = Arc::clone(&job);
    view! {
        <tr>
            <td data-p="d" class="soft tnum">{Dev::MANNER.second(job.finished_at.as_ref())}</td>
            <td data-p="a" class="mono"><span class="cell-main" title=job.id.clone()>{job.kind.clone()}</span></td>
            <td class="mono muted wide-only">{words::whose(&job.org_id)}</td>
            <td data-p="c">{job.last_error.clone()}</td>
            <td class="num mono">{job.attempts}</td>
            <td data-p="b" class="num nowrap">
                <Button small=true busy on_click=move |_| act::retry(id.clone(), busy, acted)>
                    {t!("retry")}
                    <span class="sr-only">{whose}</span>
                </Button>
                " "
                <Button small=true kind=Kind::DangerQuiet on_click=move |_| ask.run(Arc::clone(&kept))>
                    {t!("discard")}
                    <span class="sr-only">{also_whose}</span>
                </Button>
            </td>
        </tr>
    }
}
