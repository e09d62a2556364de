//! Changes a task: its words, its day, whose it is; or puts it away, with a way back.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, task_service_client::TaskServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    field::{DateField, TextField},
    form::{Form, FormState},
    icon::glyphs,
    toast::use_toasts,
};

use super::{
    attachments::{Attachments, use_files},
    directory::{Directory, PersonField},
};
use crate::api::may;

/// `task` is the one to change, while the dialog is open. `changed` is called when the server has carried it out, and again on undo.
#[component]
pub fn TaskDialog(
    directory: Directory,
    task: RwSignal<Option<pb::Task>>,
    /// Where a failure to archive is shown.
    problem: RwSignal<Option<ApiError>>,
    #[prop(into)] changed: Callback<()>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let files =
        use_files(Signal::derive(move || task.with(|task| task.as_ref().map(|task| task.id.clone()).unwrap_or_default())));
    let form = FormState::new();
    let [title, due_on, assignee] = [(); 3].map(|()| RwSignal::new(String::new()));
    Effect::new(move |_| {
        let now = task.get();
        if let Some(now) = &now {
            title.set(now.title.clone());
            due_on.set(now.due_on.clone());
            assignee.set(now.assignee_id.clone());
            form.saved();
        }
        open.set(now.is_some());
    });
    let send = move |()| {
        let Some(before) = task.get_untracked() else { return };
        let after = pb::Task {
            title: title.get_untracked(),
            due_on: due_on.get_untracked(),
            assignee_id: assignee.get_untracked(),
            ..before.clone()
        };
        let paths = changed_paths(&before, &after);
        if paths.is_empty() {
            task.set(None);
            return;
        }
        let act = form.act();
        form.send(async move { update(&act, after, paths, task).await }, move |()| {
            use_toasts().say(t!("Task changed"));
            task.set(None);
            changed.run(());
        });
    };
    let archive = move |_| {
        if let Some(task) = task.try_update(Option::take).flatten() {
            put_task(task.id, task.archived_at.is_none(), problem, changed);
        }
    };
    let is_away = move || task.with(|task| task.as_ref().is_some_and(|task| task.archived_at.is_some()));
    let foot = ViewFn::from(move || {
        let (label, glyph) = if is_away() { (t!("Restore"), glyphs::ROTATE_LEFT) } else { (t!("Archive"), glyphs::BOX_ARCHIVE) };
        view! {
            <Button class="push" glyph on_click=archive>{label}</Button>
            <Cancel plain=true/>
            <Button kind=Kind::Primary busy=form.busy on_click=move |_| send(())>{t!("Save")}</Button>
        }
    });
    view! {
        <Dialog open title=t!("Change the task") foot form>
            <Form state=form on_submit=send>
                <TextField name="task.title" label=t!("What is to be done") value=title max_length=200 autofocus=true/>
                <DateField name="task.due_on" label=t!("Due") value=due_on optional=true/>
                <PersonField directory name="task.assignee_id" label=t!("Whose") value=assignee/>
            </Form>
            {may("attachment.read").then(|| view! { <Attachments files may_edit=may("task.write")/> })}
        </Dialog>
    }
    .into_any()
}

/// Only what differs is sent, so that an edit leaves alone what others changed meanwhile.
fn changed_paths(before: &pb::Task, after: &pb::Task) -> Vec<String> {
    let fields = [
        ("title", before.title != after.title),
        ("due_on", before.due_on != after.due_on),
        ("assignee_id", before.assignee_id != after.assignee_id),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(path, _)| path.to_owned()).collect()
}

/// After a conflict the next attempt begins from the task as it is now, and what was typed stays in the form.
async fn update(act: &Act, after: pb::Task, paths: Vec<String>, task: RwSignal<Option<pb::Task>>) -> Result<(), ApiError> {
    let mask = prost_types::FieldMask { paths };
    let request = pb::UpdateTaskRequest { task: Some(after), update_mask: Some(mask) };
    let call = async |transport, request| TaskServiceClient::new(transport).update_task(request).await;
    let answer = use_api().write(act, request, call).await;
    let conflict = answer.as_ref().err().and_then(|error| error.detail::<pb::TaskConflict>("streamflow.client.v1.TaskConflict"));
    if let Some(current) = conflict.and_then(|conflict| conflict.current) {
        let _ = task.try_update_untracked(|task| *task = Some(current));
    }
    answer.map(drop)
}

/// Puts a task away or takes it back; the message has the way back.
pub fn put_task(task_id: String, archived: bool, problem: RwSignal<Option<ApiError>>, changed: Callback<()>) {
    spawn_local(async move {
        let request = pb::ArchiveTaskRequest { task_id: task_id.clone(), archived };
        let call = async |transport, request| TaskServiceClient::new(transport).archive_task(request).await;
        match use_api().write(&Act::default(), request, call).await {
            Ok(_) => {
                problem.try_set(None);
                changed.try_run(());
                let told = if archived { t!("Task archived") } else { t!("Task restored") };
                use_toasts().say_with_undo(told, move || put_task(task_id.clone(), !archived, problem, changed));
            }
            Err(error) => drop(problem.try_set(Some(error))),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_sent() {
        let before = pb::Task { title: "Call".to_owned(), due_on: "2026-12-01".to_owned(), ..pb::Task::default() };
        assert!(changed_paths(&before, &before).is_empty());
        let after = pb::Task { title: "Ring".to_owned(), due_on: String::new(), ..before.clone() };
        assert_eq!(changed_paths(&before, &after), ["title", "due_on"]);
    }
}
