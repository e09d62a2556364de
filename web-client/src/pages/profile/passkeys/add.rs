//! A new passkey: first who one is, then the browser's own dialogs. It is made by a press of its own, because some browsers ask for one.

use std::rc::Rc;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, passkey_service_client::PasskeyServiceClient};
use web_kit::{
    api::{Api, act::Act, error::ApiError, use_api},
    button::{Button, Kind},
    error_panel::ErrorNote,
    field::TextField,
    form::{Form, FormState},
    format::device::device,
    toast::use_toasts,
};

use super::NAME;
use crate::{parts::proof::Proof, passkey};

type Options = pb::BeginPasskeyRegistrationResponse;

#[component]
pub fn Adding(#[prop(into)] added: Callback<()>) -> impl IntoView {
    let options = RwSignal::new(None::<Options>);
    // Why one has to begin again.
    let problem = RwSignal::new(None::<ApiError>);
    move || match options.get() {
        None => view! { <Prove options problem/> }.into_any(),
        Some(given) => view! { <Make given options problem added/> }.into_any(),
    }
}

/// Password, and a code where there is an authenticator.
#[component]
fn Prove(options: RwSignal<Option<Options>>, problem: RwSignal<Option<ApiError>>) -> impl IntoView {
    let api = use_api();
    let form = FormState::new();
    let [password, code] = [(); 2].map(|()| RwSignal::new(String::new()));
    let act = StoredValue::new_local(Rc::new(Act::default()));
    let send = move |()| {
        problem.set(None);
        let act = act.get_value();
        let request =
            pb::BeginPasskeyRegistrationRequest { current_password: password.get_untracked(), code: code.get_untracked() };
        let call = async move {
            let call = async |transport, request| PasskeyServiceClient::new(transport).begin_passkey_registration(request).await;
            api.open_once(&act, request, call).await
        };
        form.send(call, move |given| options.set(Some(given)));
    };
    view! {
        <Form state=form on_submit=send guard=false>
            {move || problem.get().map(|error| view! { <ErrorNote error/> })}
            <Proof password code/>
            <div><Button kind=Kind::Primary submit=true busy=form.busy>{t!("Go on")}</Button></div>
        </Form>
    }
}

#[component]
fn Make(
    given: Options,
    options: RwSignal<Option<Options>>,
    problem: RwSignal<Option<ApiError>>,
    added: Callback<()>,
) -> impl IntoView {
    let (api, toasts) = (use_api(), use_toasts());
    let form = FormState::new();
    let name = RwSignal::new(device(&window().navigator().user_agent().unwrap_or_default()));
    let send = move |()| {
        let call = make(api, given.clone(), name.get_untracked());
        form.send(call, move |kept| match kept {
            Ok(()) => {
                toasts.say(t!("Passkey added"));
                added.run(());
            }
            // What was given out is used up by now.
            Err(error) => {
                problem.set(Some(error));
                options.set(None);
            }
        });
    };
    view! {
        <Form state=form on_submit=send guard=false>
            <p>{t!("Your browser asks where to keep the passkey, and for your fingerprint, face or PIN.")}</p>
            <TextField
                name="name"
                label=t!("Name")
                value=name
                max_length=NAME
                help=t!("By which you tell it from others, such as the device that keeps it.")
            />
            <div><Button kind=Kind::Primary submit=true busy=form.busy>{t!("Make the passkey")}</Button></div>
        </Form>
    }
}

/// The outer failure can be tried again as it is, the inner one not.
async fn make(api: Api, options: Options, name: String) -> Result<Result<(), ApiError>, ApiError> {
    if name.trim().is_empty() {
        return Err(ApiError::invalid("name", t!("Enter a name.")));
    }
    let made = passkey::make(options, name).await?;
    let call = async |transport, request| PasskeyServiceClient::new(transport).finish_passkey_registration(request).await;
    match api.open_once(&Act::default(), made, call).await {
        Err(error) if !error.violations.is_empty() => Err(error),
        answer => Ok(answer.map(|_| ())),
    }
}
