//! All jobs, newest first.

use std::sync::Arc;

use leptos::prelude::*;
use streamflow_proto::dev::v1::Job;
use web_kit::{
    badge::Status,
    button::Button,
    error_panel::{ErrorNote, ErrorPanel},
    field::Choice,
    list::rows::Rows,
    operator::OperatorPortal as _,
    skeleton::{Delayed, SkeletonLines},
    tabs::Segmented,
};

use super::words;
use crate::app::Dev;

#[component]
pub fn Queue(rows: Rows<Job>, state: RwSignal<String>) -> impl IntoView {
    let choices = vec![
        Choice::new("", t!("all")),
        Choice::new("queued", t!("waiting")),
        Choice::new("running", t!("running")),
        Choice::new("done", t!("done")),
    ];
    let none = move || view! { <p class="card-body muted">{t!("no job to show")}</p> };
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!("jobs")}</h2>
                <span class="push"><Segmented label=t!("which") value=state choices/></span>
            </div>
            <Pages rows what=t!("The jobs") none>
                <div class="table-wrap" tabindex="0" role="region" aria-label=t!("jobs")>
                    <table class="table table-plain cards-on-phone">
                        <thead>
                            <tr>
                                <th scope="col">{t!("queued, utc")}</th>
                                <th scope="col">{t!("kind")}</th>
                                <th scope="col" class="wide-only">{t!("org")}</th>
                                <th scope="col">{t!("state")}</th>
                                <th scope="col">{t!("what came of it")}</th>
                                <th scope="col" class="num">{t!("tries")}</th>
                                <th scope="col" class="num">{t!("took")}</th>
                            </tr>
                        </thead>
                        <tbody>
                            <For each=move || rows.get() key=|job| Arc::as_ptr(job) as usize let:job>
                                <Line job/>
                            </For>
                        </tbody>
                    </table>
                </div>
            </Pages>
        </section>
    }
}

#[component]
fn Line(job: Arc<Job>) -> impl IntoView {
    let (tone, glyph, state) = words::state(job.state());
    let came = if job.last_error.is_empty() { job.result.clone() } else { job.last_error.clone() };
    view! {
        <tr>
            <td data-p="d" class="soft tnum">{Dev::MANNER.second(job.created_at.as_ref())}</td>
            <td data-p="a" class="mono"><span class="cell-main" title=job.id.clone()>{job.kind.clone()}</span></td>
            <td class="mono muted wide-only">{words::whose(&job.org_id)}</td>
            <td data-p="b"><Status tone glyph text=state/></td>
            <td data-p="c">{came}</td>
            <td class="num mono">{job.attempts}</td>
            <td class="num mono">{words::took(job.started_at.as_ref(), job.finished_at.as_ref())}</td>
        </tr>
    }
}

/// Rows that come page by page: a skeleton, what went wrong, nothing, or the rows and a way to more.
#[component]
pub fn Pages(rows: Rows<Job>, what: &'static str, #[prop(into)] none: ViewFn, children: ChildrenFn) -> impl IntoView {
    let children = StoredValue::new(children);
    let state = move || match (rows.is_ready(), rows.error.get()) {
        (false, Some(error)) => view! { <ErrorPanel what error on_retry=move |()| rows.retry()/> }.into_any(),
        (false, None) => view! { <Delayed><SkeletonLines/></Delayed> }.into_any(),
        (true, Some(error)) => view! { <ErrorNote error on_retry=move |()| rows.retry()/> }.into_any(),
        (true, None) if rows.count() == 0 => none.run(),
        (true, None) => ().into_any(),
    };
    view! {
        {state}
        <Show when=move || rows.count() != 0>{children.get_value()()}</Show>
        <Show when=move || rows.is_ready() && rows.has_more()>
            <p class="card-body"><Button busy=rows.loading on_click=move |_| rows.more()>{t!("show more")}</Button></p>
        </Show>
    }
    .into_any()
}
