//! Dialogs of the admins page. What is asked for is in one signal each; the dialogs follow it and only clear it. A link is shown
//! once, so its dialog closes by its own button only.

use leptos::prelude::*;
use streamflow_proto::provider::v1::{self as pb, admin_service_client::AdminServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{Api, act::Act, error::ApiError, use_api},
    browser,
    button::{Button, Kind},
    dialog::{Cancel, ConfirmDialog, Dialog},
    error_panel::ErrorNote,
    field::{Choice, SelectField, TextField},
    form::{Form, FormState},
    icon::{Icon, glyphs},
};

use super::{Asked, Closing, role_word};

fn roles() -> Vec<Choice> {
    [pb::Role::Viewer, pb::Role::Admin].map(|role| Choice::new(role.as_str_name(), role_word(role))).to_vec()
}

/// Adds somebody, or changes name and role.
#[component]
pub fn AdminDialog(asked: Asked) -> impl IntoView {
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
            asked.settle(link);
        });
    };
    let title = Signal::derive(move || if is_new() { t!("Add a person") } else { t!("Change name or role") }.to_owned());
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy on_click=move |_| send(())>
                {move || if is_new() { t!("Add and show the link") } else { t!("Save changes") }}
            </Button>
        }
    });
    view! {
        <Dialog open title foot form>
            <Form state=form on_submit=send>
                {move || is_new().then(|| view! { <TextField name="email" label=t!("E-mail") kind="email" value=email autofocus=true/> })}
                <TextField name="display_name" label=t!("Name") value=name max_length=80/>
                <SelectField
                    name="role"
                    label=t!("Role")
                    value=role
                    choices=Signal::stored(roles())
                    help=t!("Viewers look at everything and change nothing.")
                />
            </Form>
        </Dialog>
    }
}

/// Asks before somebody is shut out.
#[component]
pub fn CloseDialog(asked: Asked) -> impl IntoView {
    let api = use_api();
    let (open, busy, refused) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(None::<ApiError>));
    Effect::new(move |_| {
        refused.set(None);
        open.set(asked.close.with(Option::is_some));
    });
    let confirm = move |()| {
        let Some((closing, admin)) = asked.close.get_untracked() else { return };
        busy.set(true);
        refused.set(None);
        spawn_local(async move {
            let answer = shut_out(api, closing, admin).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(link) => {
                    asked.close.set(None);
                    asked.settle(link);
                }
                Err(error) => refused.set(Some(error)),
            }
        });
    };
    let words =
        move |text: fn(&(Closing, pb::Admin)) -> String| asked.close.with(|about| about.as_ref().map(text).unwrap_or_default());
    let title = Signal::derive(move || words(|(closing, admin)| format!("{} {}?", closing.verb(), admin.display_name)));
    let action = Signal::derive(move || words(|(closing, _)| closing.action().to_owned()));
    let is_you = move || asked.close.with(|about| about.as_ref().is_some_and(|(_, admin)| admin.you));
    view! {
        <ConfirmDialog open title action busy on_confirm=confirm on_dismiss=move |()| asked.close.set(None)>
            {move || refused.get().map(|error| view! { <ErrorNote error/> })}
            <p>{move || words(|(closing, _)| closing.text().to_owned())}</p>
            <Show when=is_you>
                <div class="note is-warning">
                    <Icon glyph=glyphs::TRIANGLE_EXCLAMATION/>
                    <span>{t!("This is you. You are signed out at once, and only the link lets you in again.")}</span>
                </div>
            </Show>
        </ConfirmDialog>
    }
}

/// The link to hand over, where there is one.
async fn shut_out(api: Api, closing: Closing, admin: pb::Admin) -> Result<Option<String>, ApiError> {
    let (id, version) = (admin.id, admin.version);
    match closing {
        Closing::Disable => {
            let call = async |transport, request| AdminServiceClient::new(transport).disable_admin(request).await;
            api.write(&Act::default(), pb::DisableAdminRequest { id, version }, call).await.map(|_| None)
        }
        Closing::Reset => {
            let call = async |transport, request| AdminServiceClient::new(transport).reset_admin(request).await;
            let reply = api.write(&Act::default(), pb::ResetAdminRequest { id, version }, call).await?;
            Ok(Some(reply.setup_url))
        }
    }
}

/// The link, once.
#[component]
pub fn LinkDialog(asked: Asked) -> impl IntoView {
    let open = RwSignal::new(false);
    let copied = RwSignal::new(None::<bool>);
    Effect::new(move |_| {
        copied.set(None);
        open.set(asked.link.with(Option::is_some));
    });
    let copy = move |_| {
        let text = asked.link.get_untracked().unwrap_or_default();
        spawn_local(async move {
            let done = browser::copy(&text).await.is_ok();
            copied.try_set(Some(done));
        });
    };
    let said = move || match copied.get() {
        Some(true) => t!("Copied."),
        Some(false) => t!("The browser does not let us copy: mark it and copy it yourself."),
        None => "",
    };
    let handed_over = move |_| {
        asked.link.set(None);
        asked.changed.run(());
    };
    let foot = ViewFn::from(move || {
        view! {
            <span class="t-12 muted" role="status">{said}</span>
            <Button class="push" glyph=glyphs::COPY on_click=copy>{t!("Copy link")}</Button>
            <Button kind=Kind::Primary on_click=handed_over>{t!("I handed it over")}</Button>
        }
    });
    view! {
        <Dialog open title=t!("Hand this link over") foot locked=true>
            <div class="stack gap-3">
                <p>{t!("It is shown only now, works once and for 24 hours. Whoever has it becomes this person: send it in a way that only they read.")}</p>
                <p class="mono secret secret-box">{move || asked.link.get().unwrap_or_default()}</p>
            </div>
        </Dialog>
    }
}
