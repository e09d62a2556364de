//! The second factor: set up an authenticator, or another one, and make new recovery codes.

use std::rc::Rc;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, account_service_client::AccountServiceClient};
use web_kit::{
    api::{act::Act, use_api},
    authenticator::AuthenticatorSecret,
    badge::{Status, Tone},
    button::{Button, Kind},
    dialog::Dialog,
    field::TextField,
    form::{Form, FormState},
    icon::glyphs,
    sign_in::CodeField,
};

use crate::{
    api::session,
    authenticator::{RecoveryCodes, confirming, enrolling},
    parts::proof::Proof,
};

/// An authenticator is set up; owners and managers always have one.
fn is_on() -> bool {
    session().me().is_some_and(|me| me.has_authenticator)
}

#[component]
pub fn SecondFactor(#[prop(into)] changed: Callback<()>) -> impl IntoView {
    let enrolling = RwSignal::new(false);
    let renewing = RwSignal::new(false);
    // Held here, so that neither dialog closes over codes that nobody has seen.
    let codes = RwSignal::new(Vec::<String>::new());
    let locked = Signal::derive(move || codes.with(|codes| !codes.is_empty()));
    let begin = move |dialog: RwSignal<bool>| {
        codes.set(Vec::new());
        dialog.set(true);
    };
    let text = move || {
        if is_on() {
            t!(
                "Each sign-in needs a code from your authenticator app. Move to another device here while you still have this one."
            )
        } else {
            t!("A code from an authenticator app beside your password keeps strangers out who have got hold of it.")
        }
    };
    view! {
        <section class="card" aria-labelledby="factor-head">
            <div class="card-head">
                <h2 id="factor-head">{t!("Second factor")}</h2>
                <span class="push"><OnOff/></span>
            </div>
            <div class="card-body stack gap-4">
                <p class="soft">{text}</p>
                <div class="row row-wrap">
                    <Button glyph=glyphs::SHIELD_HALVED on_click=move |_| begin(enrolling)>
                        {move || if is_on() { t!("Use another authenticator") } else { t!("Set up an authenticator") }}
                    </Button>
                    <Show when=is_on>
                        <Button glyph=glyphs::KEY on_click=move |_| begin(renewing)>{t!("New recovery codes")}</Button>
                    </Show>
                </div>
            </div>
            <Dialog open=enrolling title=t!("Set up an authenticator") locked>
                <Enrolment open=enrolling codes changed/>
            </Dialog>
            <Dialog open=renewing title=t!("New recovery codes") locked>
                <Renewal open=renewing codes/>
            </Dialog>
        </section>
    }
}

#[component]
fn OnOff() -> impl IntoView {
    move || {
        if is_on() {
            view! { <Status tone=Tone::Success glyph=glyphs::SHIELD_HALVED text=t!("On")/> }.into_any()
        } else {
            view! { <Status glyph=glyphs::CIRCLE_OPEN text=t!("Off")/> }.into_any()
        }
    }
}

/// Password, and the current code if there is one, then the code to scan, then proof that it works, then the recovery codes.
#[component]
fn Enrolment(open: RwSignal<bool>, codes: RwSignal<Vec<String>>, changed: Callback<()>) -> impl IntoView {
    let enrolment = RwSignal::new(None::<pb::EnrolSecondFactorResponse>);
    move || {
        if !codes.with(Vec::is_empty) {
            return view! { <Kept codes=codes.get() open/> }.into_any();
        }
        match enrolment.get() {
            Some(enrolment) => view! { <Confirm enrolment codes changed/> }.into_any(),
            None => view! { <Begin enrolment/> }.into_any(),
        }
    }
}

#[component]
fn Begin(enrolment: RwSignal<Option<pb::EnrolSecondFactorResponse>>) -> impl IntoView {
    let form = FormState::new();
    let [password, code] = [(); 2].map(|()| RwSignal::new(String::new()));
    let request = move || pb::EnrolSecondFactorRequest { code: code.get_untracked(), current_password: password.get_untracked() };
    let send = enrolling(form, request, enrolment);
    view! {
        <Form state=form on_submit=send guard=false>
            <Proof password code/>
            <div><Button kind=Kind::Primary submit=true busy=form.busy>{t!("Go on")}</Button></div>
        </Form>
    }
}

#[component]
fn Confirm(enrolment: pb::EnrolSecondFactorResponse, codes: RwSignal<Vec<String>>, changed: Callback<()>) -> impl IntoView {
    let form = FormState::new();
    let code = RwSignal::new(String::new());
    let send = confirming(form, code, move |kept| {
        codes.set(kept);
        changed.run(());
    });
    view! {
        <div class="stack gap-4">
            <p>
                {t!("Scan this with the authenticator app, then type the six digits it shows.")}
                {untrack(is_on).then_some(t!(" The authenticator from before stays in use until then."))}
            </p>
            <AuthenticatorSecret qr_size=enrolment.qr_size qr_modules=enrolment.qr_modules secret=enrolment.secret/>
            <Form state=form on_submit=send guard=false>
                <CodeField value=code on_complete=send/>
                <div><Button kind=Kind::Primary submit=true busy=form.busy>{t!("Turn it on")}</Button></div>
            </Form>
        </div>
    }
}

#[component]
fn Renewal(open: RwSignal<bool>, codes: RwSignal<Vec<String>>) -> impl IntoView {
    let api = use_api();
    let form = FormState::new();
    let code = RwSignal::new(String::new());
    let act = StoredValue::new_local(Rc::new(Act::default()));
    let send = move |()| {
        let act = act.get_value();
        let request = pb::RegenerateRecoveryCodesRequest { code: code.get_untracked() };
        let call = async move {
            api.open_once(&act, request, async |transport, request| {
                AccountServiceClient::new(transport).regenerate_recovery_codes(request).await
            })
            .await
        };
        form.send(call, move |reply| codes.set(reply.recovery_codes));
    };
    move || {
        if codes.with(Vec::is_empty) {
            view! {
                <Form state=form on_submit=send guard=false>
                    <p>{t!("Ten new codes take the place of all old ones.")}</p>
                    <TextField
                        name="code"
                        label=t!("Present code")
                        value=code
                        help=t!("The six digits your authenticator shows now.")
                        autocomplete="one-time-code"
                        inputmode="numeric"
                        autofocus=true
                    />
                    <div><Button kind=Kind::Primary submit=true busy=form.busy>{t!("Make new codes")}</Button></div>
                </Form>
            }
            .into_any()
        } else {
            view! { <Kept codes=codes.get() open/> }.into_any()
        }
    }
}

#[component]
fn Kept(codes: Vec<String>, open: RwSignal<bool>) -> impl IntoView {
    let close = move |_| {
        open.set(false);
        session().refresh();
    };
    view! {
        <div class="stack gap-4">
            <p>{t!("If you lose your authenticator, one of these lets you in.")}</p>
            <RecoveryCodes codes/>
            <div><Button kind=Kind::Primary on_click=close>{t!("I kept them")}</Button></div>
        </div>
    }
}
