//! The second step of signing in: six digits, or a recovery code when the authenticator is lost.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use streamflow_proto::client::v1::{VerifySecondFactorRequest, session_service_client::SessionServiceClient};
use tonic::Code;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::use_api,
    button::{Button, Kind},
    field::TextField,
    form::{Form, FormState},
    icon::glyphs,
    sign_in::{CodeField, is_whole},
    text::woven,
};

use super::{frame::Door, way::follow_session};
use crate::api::{session, sign_out};

#[component]
pub fn SecondFactor() -> impl IntoView {
    follow_session("/second-factor");
    let api = use_api();
    let session = session();
    let form = FormState::new();
    let code = RwSignal::new(String::new());
    let by_recovery = RwSignal::new(false);
    let send = Callback::new(move |()| {
        if !by_recovery.get_untracked() && !is_whole(form, &code.get_untracked()) {
            return;
        }
        let request = VerifySecondFactorRequest { code: code.get_untracked().trim().to_owned(), return_token: false };
        let attempt = async move {
            api.open(request, async |transport, request| SessionServiceClient::new(transport).verify_second_factor(request).await)
                .await
                .map_err(|error| error.at_field(Code::Unauthenticated, "code"))
        };
        form.send(attempt, move |_| session.refresh());
    });
    let switch = move |_| {
        code.set(String::new());
        by_recovery.update(|on| *on = !*on);
    };
    let email = move || session.me().and_then(|me| me.user).map(|user| user.email).unwrap_or_default();
    let lead = ViewFn::from(move || {
        if by_recovery.get() {
            view! { {t!("Type one of the codes you kept when you set up your authenticator. Each works once.")} }.into_any()
        } else {
            woven(t!("Open your authenticator app and type the six digits for {email}."), |_| {
                view! { <span class="medium">{email}</span> }.into_any()
            })
            .into_any()
        }
    });
    view! {
        <Door title=t!("Enter your code") lead>
            <Form state=form on_submit=send guard=false>
                {move || {
                    if by_recovery.get() {
                        view! {
                            <TextField name="code" label=t!("Recovery code") value=code large=true autofocus=true/>
                        }
                            .into_any()
                    } else {
                        view! { <CodeField value=code on_complete=send/> }.into_any()
                    }
                }}
                <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>{t!("Continue")}</Button>
            </Form>
            <hr class="rule"/>
            <div class="row row-between">
                <Button kind=Kind::Ghost glyph=glyphs::KEY on_click=switch>
                    {move || if by_recovery.get() { t!("Use the authenticator app") } else { t!("Use a recovery code") }}
                </Button>
                <StartOver/>
            </div>
        </Door>
    }
}

/// Signs the half-open session out and goes back to the first step.
#[component]
pub fn StartOver() -> impl IntoView {
    let api = use_api();
    let session = session();
    let navigate = StoredValue::new_local(use_navigate());
    let leave = move |_| {
        spawn_local(async move {
            // Without an answer the half-open session ends by itself soon.
            let _ = sign_out(api).await;
            session.forget();
            navigate.with_value(|navigate| navigate("/sign-in", NavigateOptions::default()));
        });
    };
    view! { <Button kind=Kind::Ghost glyph=glyphs::ARROW_LEFT on_click=leave>{t!("Start over")}</Button> }
}
