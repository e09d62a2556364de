//! A new task: what, until when, whose, and about which record.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, task_service_client::TaskServiceClient};
use web_kit::{
    api::use_api,
    browser,
    button::{Button, Kind},
    field::{DateField, TextField},
    form::{Form, FormState},
    icon::glyphs,
    keys::use_shortcut,
    toast::use_toasts,
};

use super::about::{AboutField, chosen};
use crate::{
    api::{may, me},
    parts::directory::{Directory, PersonField},
};

#[component]
pub fn AddTask(directory: Directory, #[prop(into)] added: Callback<pb::Task>) -> impl IntoView {
    let api = use_api();
    let toasts = use_toasts();
    let form = FormState::new();
    let own = me().user.unwrap_or_default().id;
    let [title, due_on, about] = [(); 3].map(|()| RwSignal::new(String::new()));
    let assignee = RwSignal::new(own.clone());
    // On phones the list comes first: all but the title waits behind a button.
    let more = RwSignal::new(false);
    use_shortcut("c", t!("New task"), || browser::focus_soon(".task-add input"));
    let send = move |()| {
        let (kind, record_id) = chosen(&about.get_untracked());
        let mut task = pb::Task {
            title: title.get_untracked(),
            due_on: due_on.get_untracked(),
            assignee_id: assignee.get_untracked(),
            record_id,
            ..pb::Task::default()
        };
        task.set_record_kind(kind);
        let act = form.act();
        let call = async move {
            api.write(&act, pb::CreateTaskRequest { task: Some(task) }, async |transport, request| {
                TaskServiceClient::new(transport).create_task(request).await
            })
            .await
        };
        let own = own.clone();
        form.send(call, move |reply| {
            for value in [title, due_on, about] {
                value.set(String::new());
            }
            let task = reply.task.unwrap_or_default();
            toasts.say(if task.assignee_id == own { t!("Task added") } else { t!("Task handed over") });
            added.run(task);
            browser::focus_soon(".task-add input");
        });
    };
    view! {
        <Form state=form on_submit=send class="task-add">
            <TextField name="title" label=t!("What is to be done") value=title max_length=200/>
            <div class="task-more" class:is-open=more>
                <DateField name="due_on" label=t!("Due") value=due_on optional=true/>
                <PersonField directory name="assignee_id" label=t!("Whose") value=assignee/>
                {may("search.read").then(|| view! { <AboutField name="record_id" value=about/> })}
            </div>
            <div class="task-send">
                <Button kind=Kind::Primary submit=true glyph=glyphs::PLUS busy=form.busy>{t!("Add task")}</Button>
                <MoreButton more/>
            </div>
        </Form>
    }
}

#[component]
fn MoreButton(more: RwSignal<bool>) -> impl IntoView {
    view! {
        <button
            type="button"
            class="btn btn-ghost only-phone"
            aria-expanded=move || if more.get() { "true" } else { "false" }
            on:click=move |_| more.update(|on| *on = !*on)
        >
            {t!("Due, whose, about")}
        </button>
    }
}
