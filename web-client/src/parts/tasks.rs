//! What has to be done about one record.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, RecordKind, task_service_client::TaskServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    badge::{Status, Tone},
    button::{Button, IconButton, Kind},
    error_panel::ErrorNote,
    field::{DateField, TextField},
    form::{Form, FormState},
    format::{self, date},
    guard::guard_while,
    icon::glyphs,
    list::{aip, pages::read_all, rows::Page},
    live::{Heard, use_live},
    load::{Load, Loaded},
    toast::use_toasts,
};

use super::{
    directory::{Directory, Person, PersonField},
    task_dialog::TaskDialog,
};
use crate::api::{may, me};

/// Tasks of one answer.
const PAGE: i32 = 200;

/// Tasks of a record, done ones too, the open ones first; kept in step with what others do.
pub fn use_record_tasks(id: Signal<String>) -> Load<Vec<pb::Task>> {
    let tasks = Load::new(move || {
        let record_id = id.get();
        async move {
            if !may("task.read") {
                return Ok(Vec::new());
            }
            let mut found = tasks_of(&record_id).await?;
            found.sort_by_key(|task| (task.done_at.is_some(), task.due_on.is_empty(), task.due_on.clone()));
            Ok(found)
        }
    });
    use_live(move |heard| match heard {
        Heard::Change(change) if change.entity == "task" => tasks.reload(),
        Heard::Reset => tasks.reload(),
        Heard::Change(_) => {}
    });
    tasks
}

async fn tasks_of(record_id: &str) -> Result<Vec<pb::Task>, ApiError> {
    let api = use_api();
    let filter = aip::eq("record_id", record_id);
    read_all(|page_token| {
        let request = pb::ListTasksRequest {
            page_size: PAGE,
            page_token,
            include_done: true,
            everyone: true,
            filter: filter.clone(),
            ..Default::default()
        };
        async move {
            let call = async |transport, request| TaskServiceClient::new(transport).list_tasks(request).await;
            let reply = api.read(request, call).await?;
            Ok(Page { rows: reply.tasks, next_page_token: reply.page.unwrap_or_default().next_page_token, total: None })
        }
    })
    .await
}

/// A task that is being written. The page of a record holds it, so that another tab does not throw it away.
#[derive(Clone, Copy)]
pub struct TaskDraft {
    form: FormState,
    title: RwSignal<String>,
    due_on: RwSignal<String>,
    assignee: RwSignal<String>,
}

pub fn use_task_draft() -> TaskDraft {
    let [title, due_on] = [(); 2].map(|()| RwSignal::new(String::new()));
    let assignee = RwSignal::new(me().user.unwrap_or_default().id);
    let draft = TaskDraft { form: FormState::new(), title, due_on, assignee };
    guard_while(draft.form.dirty.into());
    draft
}

#[component]
pub fn RecordTasks(
    kind: RecordKind,
    #[prop(into)] id: Signal<String>,
    tasks: Load<Vec<pb::Task>>,
    directory: Directory,
    draft: TaskDraft,
) -> impl IntoView {
    let problem = RwSignal::new(None::<ApiError>);
    let editing = RwSignal::new(None::<pb::Task>);
    view! {
        <section class="record-tasks" aria-label=t!("Tasks")>
            {may("task.write").then(|| view! { <NewTask kind id tasks directory draft/> })}
            {move || problem.get().map(|error| view! { <ErrorNote error/> })}
            <Loaded load=tasks what=t!("Tasks") let:list>
                {if list.is_empty() {
                    view! { <p class="muted">{t!("Nothing to do here.")}</p> }.into_any()
                } else {
                    view! {
                        <ul class="list card">
                            {list
                                .into_iter()
                                .map(|task| view! { <TaskRow task tasks directory editing problem/> })
                                .collect_view()}
                        </ul>
                    }
                        .into_any()
                }}
            </Loaded>
            <TaskDialog directory task=editing problem changed=move |()| tasks.reload()/>
        </section>
    }
    .into_any()
}

#[component]
fn TaskRow(
    task: pb::Task,
    tasks: Load<Vec<pb::Task>>,
    directory: Directory,
    editing: RwSignal<Option<pb::Task>>,
    problem: RwSignal<Option<ApiError>>,
) -> impl IntoView {
    let done = task.done_at.is_some();
    let due = date::parse_iso(&task.due_on).filter(|_| !done).map(|on| {
        let today = date::parse_iso(&format::today()).unwrap_or_default();
        if on < today {
            view! { <Status tone=Tone::Danger glyph=glyphs::CLOCK text=date::due(on, today)/> }.into_any()
        } else {
            view! { <span class="muted t-12">{date::due(on, today)}</span> }.into_any()
        }
    });
    let done_on = done
        .then(|| view! { <span class="muted t-12">{t!("done {done_at}", done_at = format::ago(task.done_at.as_ref()))}</span> });
    let id = task.id.clone();
    let edit = may("task.write").then(|| {
        let (task, label) = (task.clone(), t!("Change the task {title}", title = task.title));
        view! { <IconButton label glyph=glyphs::PEN small=true on_click=move |_| editing.set(Some(task.clone()))/> }
    });
    view! {
        <li>
            <input
                type="checkbox"
                class="box"
                aria-label=t!("Done: {title}", title = task.title)
                prop:checked=done
                disabled=!may("task.write")
                on:change:target=move |event| complete(id.clone(), event.target().checked(), tasks, problem)
            />
            <span class=if done { "grow truncate muted" } else { "grow truncate" }>{task.title}</span>
            {due}
            {done_on}
            <span class="task-person t-12"><Person directory id=task.assignee_id/></span>
            {edit}
        </li>
    }
    .into_any()
}

fn complete(id: String, done: bool, tasks: Load<Vec<pb::Task>>, problem: RwSignal<Option<ApiError>>) {
    spawn_local(async move {
        let request = pb::CompleteTaskRequest { task_id: id.clone(), done };
        let call = async |transport, request| TaskServiceClient::new(transport).complete_task(request).await;
        let answer = use_api().write(&Act::default(), request, call).await;
        // The page may be gone by now.
        if problem.try_get_untracked().is_none() {
            return;
        }
        match answer {
            Ok(_) => {
                problem.set(None);
                let told = if done { t!("Task done") } else { t!("Task open again") };
                use_toasts().say_with_undo(told, move || complete(id.clone(), !done, tasks, problem));
            }
            Err(error) => problem.set(Some(error)),
        }
        tasks.reload();
    });
}

#[component]
fn NewTask(
    kind: RecordKind,
    id: Signal<String>,
    tasks: Load<Vec<pb::Task>>,
    directory: Directory,
    draft: TaskDraft,
) -> impl IntoView {
    let TaskDraft { form, title, due_on, assignee } = draft;
    let send = move |()| {
        let mut task = pb::Task {
            title: title.get_untracked(),
            due_on: due_on.get_untracked(),
            assignee_id: assignee.get_untracked(),
            record_id: id.get_untracked(),
            ..pb::Task::default()
        };
        task.set_record_kind(kind);
        let act = form.act();
        let call = async move {
            use_api()
                .write(&act, pb::CreateTaskRequest { task: Some(task) }, async |transport, request| {
                    TaskServiceClient::new(transport).create_task(request).await
                })
                .await
        };
        form.send(call, move |_| {
            title.set(String::new());
            due_on.set(String::new());
            tasks.reload();
        });
    };
    view! {
        <Form state=form on_submit=send class="card new-task" guard=false>
            <TextField name="title" label=t!("New task") value=title max_length=200/>
            <DateField name="due_on" label=t!("Due") value=due_on optional=true/>
            <PersonField directory name="assignee_id" label=t!("Assignee") value=assignee/>
            <Button kind=Kind::Quiet submit=true glyph=glyphs::PLUS busy=form.busy>{t!("Add task")}</Button>
        </Form>
    }
}
