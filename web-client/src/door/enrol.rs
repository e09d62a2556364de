//! Setting up the second factor before anything else: the password once more, scan, confirm, keep the recovery codes.

use std::rc::Rc;

use leptos::prelude::*;
use streamflow_proto::client::v1::{
    ConfirmSecondFactorRequest, EnrolSecondFactorRequest, EnrolSecondFactorResponse, account_service_client::AccountServiceClient,
};
use web_kit::{
    api::{act::Act, use_api},
    authenticator::AuthenticatorSecret,
    button::{Button, Kind},
    field::PasswordField,
    form::{Form, FormState},
    sign_in::CodeField,
};

use super::{frame::Door, second_factor::StartOver, way::follow_session};
use crate::{api::session, authenticator::RecoveryCodes};

#[component]
pub fn Enrol() -> impl IntoView {
    follow_session("/enrol");
    let session = session();
    let enrolment = RwSignal::new(None::<EnrolSecondFactorResponse>);
    let codes = RwSignal::new(Vec::<String>::new());
    let title = Signal::derive(move || {
        if codes.with(Vec::is_empty) { "Set up your authenticator" } else { "Keep your recovery codes" }.to_owned()
    });
    let lead = ViewFn::from(move || match (codes.with(Vec::is_empty), enrolment.with(Option::is_some)) {
        (true, false) => "Your role needs a second factor. Type your password once more, so that nobody else sets it up for you.",
        (true, true) => "Scan the code with an authenticator app, then type the six digits it shows.",
        (false, _) => "Your authenticator works. If you lose it, one of these codes lets you in.",
    });
    view! {
        <Door title lead>
            {move || {
                if !codes.with(Vec::is_empty) {
                    return view! {
                        <RecoveryCodes codes=codes.get()/>
                        <Button kind=Kind::Primary large=true block=true on_click=move |_| session.refresh()>
                            "I kept them, continue"
                        </Button>
                    }
                        .into_any();
                }
                match enrolment.get() {
                    Some(begun) => view! {
                        <AuthenticatorSecret qr_size=begun.qr_size qr_modules=begun.qr_modules secret=begun.secret/>
                        <Confirm codes/>
                        <StartOver/>
                    }
                        .into_any(),
                    None => view! {
                        <Begin enrolment/>
                        <StartOver/>
                    }
                        .into_any(),
                }
            }}
        </Door>
    }
}

#[component]
fn Begin(enrolment: RwSignal<Option<EnrolSecondFactorResponse>>) -> impl IntoView {
    let api = use_api();
    let form = FormState::new();
    let password = RwSignal::new(String::new());
    let act = StoredValue::new_local(Rc::new(Act::default()));
    let send = move |()| {
        let act = act.get_value();
        let request = EnrolSecondFactorRequest { current_password: password.get_untracked(), ..Default::default() };
        let call = async move {
            api.open_once(&act, request, async |transport, request| {
                AccountServiceClient::new(transport).enrol_second_factor(request).await
            })
            .await
        };
        form.send(call, move |reply| enrolment.set(Some(reply)));
    };
    view! {
        <Form state=form on_submit=send guard=false>
            <PasswordField
                name="current_password"
                label="Current password"
                value=password
                autocomplete="current-password"
                large=true
            />
            <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>"Go on"</Button>
        </Form>
    }
}

#[component]
fn Confirm(codes: RwSignal<Vec<String>>) -> impl IntoView {
    let api = use_api();
    let form = FormState::new();
    let code = RwSignal::new(String::new());
    let act = StoredValue::new_local(Rc::new(Act::default()));
    let send = Callback::new(move |()| {
        let act = act.get_value();
        let request = ConfirmSecondFactorRequest { code: code.get_untracked(), return_token: false };
        let attempt = async move {
            api.open_once(&act, request, async |transport, request| {
                AccountServiceClient::new(transport).confirm_second_factor(request).await
            })
            .await
        };
        form.send(attempt, move |reply| codes.set(reply.recovery_codes));
    });
    view! {
        <Form state=form on_submit=send guard=false>
            <CodeField value=code on_complete=send/>
            <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>"Turn it on"</Button>
        </Form>
    }
}
