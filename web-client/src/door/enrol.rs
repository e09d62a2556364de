//! Setting up the second factor before anything else: scan, confirm, keep the recovery codes.

use std::rc::Rc;

use leptos::prelude::*;
use streamflow_proto::client::v1::{
    ConfirmSecondFactorRequest, EnrolSecondFactorRequest, account_service_client::AccountServiceClient,
};
use web_kit::{
    api::{act::Act, use_api},
    authenticator::AuthenticatorSecret,
    button::{Button, Kind},
    form::{Form, FormState},
    load::{Load, Loaded},
    sign_in::CodeField,
};

use super::{frame::Door, second_factor::StartOver, way::follow_session};
use crate::{api::session, authenticator::RecoveryCodes};

#[component]
pub fn Enrol() -> impl IntoView {
    follow_session("/enrol");
    let api = use_api();
    let session = session();
    let codes = RwSignal::new(Vec::<String>::new());
    let enrolment = Load::new(move || async move {
        api.open_once(&Act::default(), EnrolSecondFactorRequest::default(), async |transport, request| {
            AccountServiceClient::new(transport).enrol_second_factor(request).await
        })
        .await
    });
    let title = Signal::derive(move || {
        if codes.with(Vec::is_empty) { "Set up your authenticator" } else { "Keep your recovery codes" }.to_owned()
    });
    let lead = ViewFn::from(move || {
        if codes.with(Vec::is_empty) {
            "Your role needs a second factor. Scan the code with an authenticator app, then type the six digits it shows."
        } else {
            "Your authenticator works. If you lose it, one of these codes lets you in."
        }
    });
    view! {
        <Door title lead>
            {move || {
                if codes.with(Vec::is_empty) {
                    view! {
                        <Loaded load=enrolment what="The QR code" let:enrolment>
                            <AuthenticatorSecret qr_size=enrolment.qr_size qr_modules=enrolment.qr_modules secret=enrolment.secret/>
                        </Loaded>
                        <Confirm codes/>
                        <StartOver/>
                    }
                        .into_any()
                } else {
                    view! {
                        <RecoveryCodes codes=codes.get()/>
                        <Button kind=Kind::Primary large=true block=true on_click=move |_| session.refresh()>
                            "I kept them, continue"
                        </Button>
                    }
                        .into_any()
                }
            }}
        </Door>
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
