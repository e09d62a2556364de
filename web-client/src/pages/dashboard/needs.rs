//! What needs this person now, with the button that settles it, and what comes next.

use std::collections::BTreeMap;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, LeadStageKind, task_service_client::TaskServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{error::ApiError, use_api},
    browser,
    button::{Button, LinkButton},
    error_panel::ErrorNote,
    format::{self, date, number},
    icon::{Icon, glyphs},
    list::aip,
    load::{Load, Loaded},
    text::woven,
    toast::use_toasts,
};

use crate::{
    api::{address, may, me},
    pages::{
        lead::record,
        tasks::row::{TaskRow, complete, record_address},
    },
    parts::noun::LEAD,
};

/// Tasks read; more of them are under "My work".
const TASKS: i32 = 100;
/// Follow-ups read for each of the two ways a lead is somebody's.
const LEADS: i32 = 50;
/// Lines of a card.
const LINES: usize = 8;

/// What this person has to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Work {
    /// Late or for today, the oldest first.
    pub due: Vec<pb::Task>,
    pub later: Vec<pb::Task>,
    /// Own open leads whose next step is due.
    pub follow_ups: Vec<pb::Lead>,
}

impl Work {
    pub fn waiting(&self) -> usize {
        self.due.len() + self.follow_ups.len()
    }
}

pub fn use_work() -> Load<Work> {
    Load::new(|| async {
        let today = format::today();
        let (tasks, follow_ups) = futures::try_join!(own_tasks(), own_follow_ups(&today))?;
        Ok(sort(tasks, follow_ups, &today))
    })
}

fn sort(tasks: Vec<pb::Task>, follow_ups: Vec<pb::Lead>, today: &str) -> Work {
    // Days are written so that their text sorts as they do.
    let is_due = |task: &pb::Task| !task.due_on.is_empty() && *task.due_on <= *today;
    let (due, later) = tasks.into_iter().partition(is_due);
    Work { due, later, follow_ups }
}

async fn own_tasks() -> Result<Vec<pb::Task>, ApiError> {
    if !may("task.read") {
        return Ok(Vec::new());
    }
    let request = pb::ListTasksRequest { page_size: TASKS, ..pb::ListTasksRequest::default() };
    let call = async |transport, request| TaskServiceClient::new(transport).list_tasks(request).await;
    Ok(use_api().read(request, call).await?.tasks)
}

/// Leads this person owns or is assigned; the server's filters know no "or", so it is asked twice.
async fn own_follow_ups(today: &str) -> Result<Vec<pb::Lead>, ApiError> {
    if !may("lead.read") {
        return Ok(Vec::new());
    }
    let own = me().user.unwrap_or_default().id;
    let due = due_filter(today).await?;
    let mine = |field: &str| {
        record::list(pb::ListLeadsRequest {
            page_size: LEADS,
            order_by: "follow_up_on".to_owned(),
            filter: aip::and([aip::eq(field, &own), due.clone()]),
            ..pb::ListLeadsRequest::default()
        })
    };
    let (owned, assigned) = futures::try_join!(mine("owner_id"), mine("assignee_id"))?;
    let all: BTreeMap<(String, String), pb::Lead> =
        owned.leads.into_iter().chain(assigned.leads).map(|lead| ((lead.follow_up_on.clone(), lead.id.clone()), lead)).collect();
    Ok(all.into_values().collect())
}

/// Leads whose next step is due: neither won nor lost, and no customers yet.
pub async fn due_filter(today: &str) -> Result<String, ApiError> {
    let closed = record::stages().await?.into_iter().filter(|stage| stage.kind() != LeadStageKind::Open);
    // Ids are letters and digits, so they need no quotes.
    let open = closed.map(|stage| format!("stage_id != {}", stage.id));
    let due = [aip::until("follow_up_on", today), "converted = false".to_owned()];
    Ok(aip::and(due.into_iter().chain(open)))
}

#[component]
pub fn NeedsYou(work: Load<Work>) -> impl IntoView {
    let problem = RwSignal::new(None::<ApiError>);
    let count = move || work.with(|work| work.map(Work::waiting));
    view! {
        <section class="card needs" aria-labelledby="needs-head">
            <div class="card-head">
                <h2 id="needs-head">{t!("Needs you")}</h2>
                <span class="count">{count}</span>
                <a class="push t-12" href=address("tasks")>{t!("My work")}</a>
            </div>
            {move || problem.get().map(|error| view! { <div class="dash-note"><ErrorNote error/></div> })}
            <Loaded load=work what=t!("Your work") let:shown>
                {if shown.waiting() == 0 {
                    view! { <Clear/> }.into_any()
                } else {
                    view! { <Lines shown work problem/> }.into_any()
                }}
            </Loaded>
        </section>
    }
}

#[component]
fn Clear() -> impl IntoView {
    view! {
        <p class="dash-clear soft">
            <span class="up"><Icon glyph=glyphs::CIRCLE_CHECK/></span>
            {t!("Nothing is late or due today.")}
        </p>
    }
}

#[component]
fn Lines(shown: Work, work: Load<Work>, problem: RwSignal<Option<ApiError>>) -> impl IntoView {
    let more = shown.waiting().saturating_sub(LINES);
    // Each kind gets half of the lines, and what the other leaves.
    let tasks = LINES - shown.follow_ups.len().min(LINES / 2);
    let leads = LINES - shown.due.len().min(tasks);
    let due = shown.due.into_iter().take(tasks).map(|task| view! { <TaskLine task work problem/> }).collect_view();
    let follow_ups = shown.follow_ups.into_iter().take(leads).map(|lead| view! { <LeadLine lead/> }).collect_view();
    view! {
        <ul class="list is-link">{due}{follow_ups}</ul>
        {(more > 0)
            .then(|| {
                let text = if may("lead.read") {
                    t!("{more} more under {work} and {follow_ups}")
                } else {
                    t!("{more} more under {work}")
                };
                let at = |place: &str| match place {
                    "more" => number::count(more as i64).into_any(),
                    "work" => view! { <a href=address("tasks")>{t!("My work")}</a> }.into_any(),
                    _ => {
                        let until = format!("leads?f.follow_up_until={}&f.converted=false", format::today());
                        view! { <a href=address(&until)>{t!("follow-ups due")}</a> }.into_any()
                    }
                };
                view! {
                    <div class="card-foot">{woven(text, at)}</div>
                }
            })}
    }
    .into_any()
}

/// Colour, and how late it is in words.
fn lateness(day: &str) -> (&'static str, String) {
    let today = date::parse_iso(&format::today()).unwrap_or_default();
    let on = date::parse_iso(day).unwrap_or(today);
    let tone = if on < today { "needs-icon is-late" } else { "needs-icon" };
    (tone, date::due(on, today))
}

#[component]
fn TaskLine(task: pb::Task, work: Load<Work>, problem: RwSignal<Option<ApiError>>) -> impl IntoView {
    let (class, when) = lateness(&task.due_on);
    let glyph = if class.contains("is-late") { glyphs::CALENDAR_XMARK } else { glyphs::CALENDAR };
    let about = record_address(&task).map(|address| {
        view! { ", "<a href=address>{task.record_name.clone()}</a> }
    });
    let title = task.title.clone();
    let id = StoredValue::new(task.id);
    view! {
        <li>
            <span class=class><Icon glyph/></span>
            <div class="grow">
                <div class="medium truncate">{task.title}</div>
                <div class="t-12 muted truncate">{t!("Task, ")}{when}{about}</div>
            </div>
            {may("task.write")
                .then(|| {
                    view! {
                        <Button small=true on_click=move |_| settle(id.get_value(), true, work, problem)>
                            {t!("Done")}<span class="sr-only">{format!(": {title}")}</span>
                        </Button>
                    }
                })}
        </li>
    }
    .into_any()
}

fn settle(id: String, done: bool, work: Load<Work>, problem: RwSignal<Option<ApiError>>) {
    spawn_local(async move {
        let answer = complete(id.clone(), done).await;
        // Undo may come when the page is gone.
        let here = problem.try_set(answer.as_ref().err().cloned()).is_none();
        if answer.is_ok() {
            let told = if done { t!("Task done") } else { t!("Task open again") };
            use_toasts().say_with_undo(told, move || settle(id.clone(), !done, work, problem));
        }
        if here {
            work.reload();
            browser::focus_soon(".needs .list .btn");
        }
    });
}

#[component]
fn LeadLine(lead: pb::Lead) -> impl IntoView {
    let (class, when) = lateness(&lead.follow_up_on);
    let company = if lead.company.is_empty() { lead.contact_name.clone() } else { lead.company.clone() };
    let who = (!company.is_empty()).then(|| format!(", {company}"));
    let to = LEAD.address(&lead.id);
    view! {
        <li>
            <span class=class><Icon glyph=glyphs::FILTER/></span>
            <div class="grow">
                <div class="medium truncate">{lead.name.clone()}</div>
                <div class="t-12 muted truncate">{t!("Follow-up, ")}{when}{who}</div>
            </div>
            <LinkButton href=to small=true>{t!("Follow up")}<span class="sr-only">{format!(" {}", lead.name)}</span></LinkButton>
        </li>
    }
    .into_any()
}

/// Tasks after today and those without a day.
#[component]
pub fn ComingUp(work: Load<Work>) -> impl IntoView {
    let problem = RwSignal::new(None::<ApiError>);
    let later = Memo::new(move |_| work.with(|work| work.map(|work| work.later.clone()).unwrap_or_default()));
    view! {
        <section class="card" aria-labelledby="coming-head" hidden=move || later.with(Vec::is_empty)>
            <div class="card-head">
                <h2 id="coming-head">{t!("Coming up")}</h2>
                <span class="count">{move || later.with(Vec::len)}</span>
                <a class="push t-12" href=address("tasks")>{t!("All tasks")}</a>
            </div>
            {move || problem.get().map(|error| view! { <div class="dash-note"><ErrorNote error/></div> })}
            <ul class="dash-tasks">
                <For
                    each=move || later.get().into_iter().take(LINES)
                    key=|task| (task.id.clone(), task.version)
                    let:task
                >
                    <TaskRow task problem/>
                </For>
            </ul>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_late_or_for_today_needs_you() {
        let task = |due_on: &str| pb::Task { due_on: due_on.into(), ..pb::Task::default() };
        let tasks = vec![task("2026-11-18"), task("2026-11-20"), task("2026-11-21"), task("")];
        let work = sort(tasks, vec![pb::Lead::default()], "2026-11-20");
        assert_eq!((work.waiting(), work.due.len(), work.later.len()), (3, 2, 2));
    }
}
