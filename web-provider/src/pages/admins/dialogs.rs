//! Dialogs of the admins page. A link is shown once, so its dialog closes by its own button only.

use leptos::prelude::*;
use streamflow_proto::provider::v1::{self as pb, admin_service_client::AdminServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    browser,
    button::{Button, Kind},
    dialog::{ConfirmDialog, Dialog},
    error_panel::ErrorNote,
    field::{Choice, SelectField, TextField},
    form::{Form, FormState},
    icon::glyphs,
    toast::use_toasts,
};

use super::{Asked, role_word};

fn roles() -> Vec<Choice> {
    [pb::Role::Viewer, pb::Role::Admin].map(|role| Choice::new(role.as_str_name(), role_word(role))).to_vec()
}

/// Adds somebody, or changes name and role.
#[component]
pub fn AdminDialog(asked: Asked, changed: Callback<()>) -> impl IntoView {
    let api = use_api();
    let (open, form) = (RwSignal::new(false), FormState::new());
    let (email, name, role) = (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    Effect::new(move |_| {
        let admin = asked.edit.get();
        if let Some(admin) = &admin {
            email.set(admin.email.clone());
            name.set(admin.display_name.clone());
            role.set(admin.role().as_str_name().to_owned());
            form.saved();
        }
        open.set(admin.is_some());
    });
    let is_new = move || asked.edit.with(|admin| admin.as_ref().is_none_or(|admin| admin.id.is_empty()));
    let send = move |()| {
        let Some(before) = asked.edit.get_untracked() else { return };
        let (display_name, act) = (name.get_untracked(), form.act());
        let role = pb::Role::from_str_name(&role.get_untracked()).unwrap_or_default().into();
        let email = email.get_untracked();
        let call = async move {
            if before.id.is_empty() {
                let request = pb::CreateAdminRequest { email, display_name, role };
                let call = async |transport, request| AdminServiceClient::new(transport).create_admin(request).await;
                return api.write(&act, request, call).await.map(|reply| Some(reply.setup_url));
            }
            let request = pb::UpdateAdminRequest { id: before.id, version: before.version, display_name, role };
            let call = async |transport, request| AdminServiceClient::new(transport).update_admin(request).await;
            api.write(&act, request, call).await.map(|_| None)
        };
        form.send(call, move |link| {
            asked.edit.set(None);
            asked.link.set(link);
            changed.run(());
        });
    };
    let title = Signal::derive(move || if is_new() { "Add a person" } else { "Change name or role" }.to_owned());
    let foot = ViewFn::from(move || {
        view! {
            <Button class="push" on_click=move |_| asked.edit.set(None)>"Cancel"</Button>
            <Button kind=Kind::Primary busy=form.busy on_click=move |_| send(())>
                {move || if is_new() { "Add and show the link" } else { "Save changes" }}
            </Button>
        }
    });
    view! {
        <Dialog open title foot on_dismiss=move |()| asked.edit.set(None)>
            <Form state=form on_submit=send guard=false>
                {move || is_new().then(|| view! { <TextField name="email" label="E-mail" kind="email" value=email autofocus=true/> })}
                <TextField name="display_name" label="Name" value=name max_length=80/>
                <SelectField
                    name="role"
                    label="Role"
                    value=role
                    choices=Signal::stored(roles())
                    help="Viewers look at everything and change nothing."
                />
            </Form>
        </Dialog>
    }
}

#[component]
pub fn DisableDialog(asked: RwSignal<Option<pb::Admin>>, changed: Callback<()>) -> impl IntoView {
    let call = Callback::new(move |(admin, answer): (pb::Admin, Callback<Result<(), ApiError>>)| {
        spawn_local(async move {
            let request = pb::DisableAdminRequest { id: admin.id, version: admin.version };
            let call = async |transport, request| AdminServiceClient::new(transport).disable_admin(request).await;
            answer.run(use_api().write(&Act::default(), request, call).await.map(|_| ()));
        });
    });
    view! {
        <Sure asked changed call verb="Disable" text="Their sessions end at their next request, and they can't sign in. A new link lets them in again."/>
    }
}

#[component]
pub fn ResetDialog(asked: Asked, changed: Callback<()>) -> impl IntoView {
    let call = Callback::new(move |(admin, answer): (pb::Admin, Callback<Result<(), ApiError>>)| {
        spawn_local(async move {
            let request = pb::ResetAdminRequest { id: admin.id, version: admin.version };
            let call = async |transport, request| AdminServiceClient::new(transport).reset_admin(request).await;
            let reply = use_api().write(&Act::default(), request, call).await;
            answer.run(reply.map(|reply| asked.link.set(Some(reply.setup_url))));
        });
    });
    view! {
        <Sure asked=asked.reset changed call verb="Make a new link for" text="Password and authenticator of this person stop working at once; the link lets them choose both anew."/>
    }
}

/// Asks before somebody is shut out.
#[component]
fn Sure(
    asked: RwSignal<Option<pb::Admin>>,
    changed: Callback<()>,
    call: Callback<(pb::Admin, Callback<Result<(), ApiError>>)>,
    verb: &'static str,
    text: &'static str,
) -> impl IntoView {
    let (open, busy, refused) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(None::<ApiError>));
    Effect::new(move |_| {
        refused.set(None);
        open.set(asked.with(Option::is_some));
    });
    Effect::new(move |_| {
        if !open.get() {
            asked.set(None);
        }
    });
    let answer = Callback::new(move |answer: Result<(), ApiError>| {
        busy.set(false);
        match answer {
            Ok(()) => {
                open.set(false);
                changed.run(());
            }
            Err(error) => refused.set(Some(error)),
        }
    });
    let confirm = move |()| {
        if let Some(admin) = asked.get_untracked() {
            busy.set(true);
            call.run((admin, answer));
        }
    };
    let name = move || asked.with(|admin| admin.as_ref().map(|admin| admin.display_name.clone()).unwrap_or_default());
    let title = Signal::derive(move || format!("{verb} {}?", name()));
    let action = Signal::derive(move || format!("{verb} {}", name()));
    view! {
        <ConfirmDialog open title action busy on_confirm=confirm>
            {move || refused.get().map(|error| view! { <ErrorNote error/> })}
            <p>{text}</p>
        </ConfirmDialog>
    }
}

/// The link, once.
#[component]
pub fn LinkDialog(link: RwSignal<Option<String>>) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(link.with(Option::is_some)));
    let copy = move |_| {
        let text = link.get_untracked().unwrap_or_default();
        spawn_local(async move {
            let done = browser::copy(&text).await;
            use_toasts().say(if done { "Link copied" } else { "The browser does not let us copy" });
        });
    };
    let foot = ViewFn::from(move || {
        view! {
            <Button class="push" glyph=glyphs::COPY on_click=copy>"Copy link"</Button>
            <Button kind=Kind::Primary on_click=move |_| link.set(None)>"I handed it over"</Button>
        }
    });
    view! {
        <Dialog open title="Hand this link over" foot locked=true>
            <p>"It is shown only now, works once and for 24 hours. Whoever has it becomes this person: send it in a way that only they read."</p>
            <p class="mono secret">{move || link.get().unwrap_or_default()}</p>
        </Dialog>
    }
}
