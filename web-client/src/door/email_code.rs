//! Signing in by a mailed code, where the password is forgotten or not at hand.

use std::time::Duration;

use leptos::prelude::*;
use streamflow_proto::client::v1::{
    SendCodeRequest, SendCodeResponse, SignInWithCodeRequest, email_code_service_client::EmailCodeServiceClient,
};
use tonic::Code;
use web_kit::{
    api::{Api, error::ApiError, use_api},
    browser,
    button::{Button, Kind},
    field::TextField,
    form::{Form, FormState},
    icon::{Icon, glyphs},
    toast::use_toasts,
};

use crate::api::session;

/// Asks for the code with the address that was typed for the password.
#[component]
pub fn EmailCodeButton(
    form: FormState,
    email: RwSignal<String>,
    /// Seconds until another code can be sent, once one was.
    sent: RwSignal<Option<i32>>,
) -> impl IntoView {
    let api = use_api();
    let send = move |_| {
        if email.with_untracked(|email| email.trim().is_empty()) {
            form.refuse(ApiError::invalid("email", t!("Enter your e-mail address.")));
            return;
        }
        form.send(send_code(api, email.get_untracked()), move |reply| {
            sent.set(Some(reply.pause_seconds));
            browser::focus_soon(".field input");
        });
    };
    view! { <Button large=true block=true glyph=glyphs::ENVELOPE busy=form.busy on_click=send>{t!("E-mail me a code")}</Button> }
}

/// The field for the code. Says nothing about whether the address is known: the mail does.
#[component]
pub fn EmailCode(email: RwSignal<String>, sent: RwSignal<Option<i32>>) -> impl IntoView {
    let (api, session) = (use_api(), session());
    let form = FormState::new();
    let code = RwSignal::new(String::new());
    let send = move |()| {
        let request = SignInWithCodeRequest { email: address(email), code: code.get_untracked(), return_token: false };
        let attempt = async move {
            let call = async |transport, request| EmailCodeServiceClient::new(transport).sign_in_with_code(request).await;
            api.open(request, call).await.map_err(|error| error.at_field(Code::Unauthenticated, "code"))
        };
        form.send(attempt, move |_| session.refresh());
    };
    let back = move |_| {
        sent.set(None);
        browser::focus_soon(".field input");
    };
    view! {
        <div class="note is-success" role="status">
            <Icon glyph=glyphs::CIRCLE_CHECK/>
            <span>
                {move || {
                    t!(
                        "If {address} has an account, a code of eight digits is on its way. It works once, and for ten minutes.",
                        address = address(email)
                    )
                }}
            </span>
        </div>
        <Form state=form on_submit=send guard=false>
            <TextField
                name="code"
                label=t!("Code from the mail")
                value=code
                autocomplete="one-time-code"
                inputmode="numeric"
                max_length=20
                large=true
            />
            <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>{t!("Sign in")}</Button>
        </Form>
        <div class="row row-between row-wrap">
            <Button kind=Kind::Ghost glyph=glyphs::ARROW_LEFT on_click=back>{t!("Use the password")}</Button>
            <Another form email sent/>
        </div>
    }
}

/// Sends another mail, once the server would.
#[component]
fn Another(form: FormState, email: RwSignal<String>, sent: RwSignal<Option<i32>>) -> impl IntoView {
    let api = use_api();
    let waits = RwSignal::new(false);
    let pause = move |seconds: i32| {
        waits.set(true);
        let pause = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
        set_timeout(
            move || {
                waits.try_set(false);
            },
            pause,
        );
    };
    pause(sent.get_untracked().unwrap_or_default());
    let send = move |_| {
        form.send(send_code(api, email.get_untracked()), move |reply| {
            pause(reply.pause_seconds);
            use_toasts().say(t!("Another code is on its way; the one before works no longer"));
        });
    };
    let because = move || waits.get().then(|| t!("Another code can be sent a minute after the last one").to_owned());
    view! {
        <Button kind=Kind::Ghost busy=form.busy disabled_because=Signal::derive(because) on_click=send>{t!("Send another code")}</Button>
    }
}

async fn send_code(api: Api, email: String) -> Result<SendCodeResponse, ApiError> {
    let request = SendCodeRequest { email: email.trim().to_owned() };
    api.open(request, async |transport, request| EmailCodeServiceClient::new(transport).send_code(request).await).await
}

fn address(email: RwSignal<String>) -> String {
    email.with(|email| email.trim().to_owned())
}
