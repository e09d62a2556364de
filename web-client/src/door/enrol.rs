//! Setting up the second factor before anything else: the password once more, scan, confirm, keep the recovery codes.

use leptos::prelude::*;
use streamflow_proto::client::v1::{EnrolSecondFactorRequest, EnrolSecondFactorResponse};
use web_kit::{
    authenticator::AuthenticatorSecret,
    button::{Button, Kind},
    field::PasswordField,
    form::{Form, FormState},
    sign_in::CodeField,
};

use super::{
    frame::Door,
    second_factor::StartOver,
    way::{carry, follow_session},
};
use crate::{
    api::session,
    authenticator::{RecoveryCodes, confirming, enrolling},
};

#[component]
pub fn Enrol() -> impl IntoView {
    follow_session("/enrol");
    let session = session();
    let enrolment = RwSignal::new(None::<EnrolSecondFactorResponse>);
    let codes = RwSignal::new(Vec::<String>::new());
    let title = Signal::derive(move || {
        if codes.with(Vec::is_empty) { t!("Set up your authenticator") } else { t!("Keep your recovery codes") }.to_owned()
    });
    let lead = ViewFn::from(move || match (codes.with(Vec::is_empty), enrolment.with(Option::is_some)) {
        (true, false) => {
            t!(
                "Your company or your role needs a second factor. Type your password once more, so that nobody else sets it up for you."
            )
        }
        (true, true) => t!("Scan the code with an authenticator app, then type the six digits it shows."),
        (false, _) => t!("Your authenticator works. If you lose it, one of these codes lets you in."),
    });
    view! {
        <Door title lead>
            {move || {
                if !codes.with(Vec::is_empty) {
                    return view! {
                        <RecoveryCodes codes=codes.get()/>
                        <Button kind=Kind::Primary large=true block=true on_click=move |_| session.refresh()>
                            {t!("I kept them, continue")}
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
    let form = FormState::new();
    let password = RwSignal::new(String::new());
    let request =
        move || EnrolSecondFactorRequest { current_password: password.get_untracked(), ..EnrolSecondFactorRequest::default() };
    let send = enrolling(form, request, enrolment);
    // Whoever signed in by a code may not know it.
    let email = move || session().me_untracked().and_then(|me| me.user).map(|user| user.email).unwrap_or_default();
    let forgot = ViewFn::from(move || {
        view! { <a class="t-12" href="/reset" on:click=move |_| carry(&email())>{t!("Forgot it?")}</a> }
    });
    view! {
        <Form state=form on_submit=send guard=false>
            <PasswordField
                name="current_password"
                label=t!("Current password")
                value=password
                autocomplete="current-password"
                aside=forgot
                large=true
                autofocus=true
            />
            <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>{t!("Go on")}</Button>
        </Form>
    }
}

#[component]
fn Confirm(codes: RwSignal<Vec<String>>) -> impl IntoView {
    let form = FormState::new();
    let code = RwSignal::new(String::new());
    let send = confirming(form, code, move |kept| codes.set(kept));
    view! {
        <Form state=form on_submit=send guard=false>
            <CodeField value=code on_complete=send/>
            <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>{t!("Turn it on")}</Button>
        </Form>
    }
}
