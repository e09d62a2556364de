//! One task in a list: a box that settles it, what it is about, when it is due.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, RecordKind, task_service_client::TaskServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    badge::{Status, Tone},
    button::IconButton,
    format::{self, date},
    icon::glyphs,
    toast::use_toasts,
};

use crate::{
    api::may,
    parts::{
        directory::{Directory, Person},
        noun::{CONTACT, CUSTOMER, LEAD},
    },
};

/// A settled task stays where it was, ticked, until the list is read again: the row under the hand does not jump away.
#[component]
pub fn TaskRow(
    task: pb::Task,
    /// Names whose task it is.
    #[prop(optional)]
    people: Option<Directory>,
    /// Where a failure is shown.
    problem: RwSignal<Option<ApiError>>,
    /// Called when the server has carried it out, and again when it was undone.
    #[prop(optional, into)]
    settled: Option<Callback<bool>>,
    /// Opens what changes it.
    #[prop(optional, into)]
    edit: Option<Callback<pb::Task>>,
) -> impl IntoView {
    let done = RwSignal::new(task.done_at.is_some());
    let label = t!("Done: {title}", title = task.title);
    let about =
        record_address(&task).map(|address| view! { <a class="t-12 truncate" href=address>{task.record_name.clone()}</a> });
    let edit = edit.filter(|_| may("task.write")).map(|edit| {
        let (task, label) = (task.clone(), t!("Change the task {title}", title = task.title));
        view! {
            <IconButton label glyph=glyphs::PEN small=true class="task-edit" on_click=move |_| edit.run(task.clone())/>
        }
    });
    let (due_on, done_at) = (task.due_on.clone(), task.done_at);
    let id = StoredValue::new(task.id);
    let tick = move |now: bool| settle(id.get_value(), now, done, problem, settled);
    view! {
        <li class="task-row" class:is-done=done>
            <input
                type="checkbox"
                class="box"
                aria-label=label
                disabled=!may("task.write")
                prop:checked=done
                on:change:target=move |event| tick(event.target().checked())
            />
            <div class="grow task-words">
                <span class="task-title">{task.title}</span>
                {about}
            </div>
            {people.map(|directory| view! { <span class="task-who not-phone"><Person directory id=task.assignee_id/></span> })}
            <span class="task-due">
                {move || {
                    if done.get() {
                        done_at.map(|at| view! { <span class="muted t-12">{format::day(Some(&at))}</span> }.into_any())
                    } else {
                        Some(view! { <DueDay day=due_on.clone()/> }.into_any())
                    }
                }}
            </span>
            {edit}
        </li>
    }
    .into_any()
}

/// "2 days late" in red, "today" in amber, later days quietly.
#[component]
pub fn DueDay(#[prop(into)] day: String) -> impl IntoView {
    let on = date::parse_iso(&day)?;
    let today = date::parse_iso(&format::today()).unwrap_or_default();
    let text = date::due(on, today);
    Some(match on.cmp(&today) {
        std::cmp::Ordering::Less => view! { <Status tone=Tone::Danger glyph=glyphs::CALENDAR_XMARK text/> }.into_any(),
        std::cmp::Ordering::Equal => view! { <Status tone=Tone::Warning glyph=glyphs::CALENDAR text/> }.into_any(),
        std::cmp::Ordering::Greater => view! { <span class="muted t-12">{text}</span> }.into_any(),
    })
}

/// Marks a task done or open again; shows it at once and takes it back when the server refuses.
fn settle(id: String, now: bool, done: RwSignal<bool>, problem: RwSignal<Option<ApiError>>, settled: Option<Callback<bool>>) {
    done.try_set(now);
    spawn_local(async move {
        match complete(id.clone(), now).await {
            Ok(_) => {
                problem.try_set(None);
                if let Some(settled) = settled {
                    settled.try_run(now);
                }
                let told = if now { t!("Task done") } else { t!("Task open again") };
                use_toasts().say_with_undo(told, move || settle(id.clone(), !now, done, problem, settled));
            }
            Err(error) => {
                done.try_set(!now);
                problem.try_set(Some(error));
            }
        }
    });
}

/// Asks the server to mark a task done, or open again.
pub async fn complete(task_id: String, done: bool) -> Result<pb::CompleteTaskResponse, ApiError> {
    let request = pb::CompleteTaskRequest { task_id, done };
    use_api()
        .write(&Act::default(), request, async |transport, request| {
            TaskServiceClient::new(transport).complete_task(request).await
        })
        .await
}

/// Page of what a task is about.
pub fn record_address(task: &pb::Task) -> Option<String> {
    let noun = match task.record_kind() {
        RecordKind::Customer => &CUSTOMER,
        RecordKind::Contact => &CONTACT,
        RecordKind::Lead => &LEAD,
        RecordKind::Unspecified => return None,
    };
    Some(noun.address(&task.record_id))
}
