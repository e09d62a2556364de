//! A forgotten password: ask for a link, then choose a new one. The second factor stays as it is.

use std::rc::Rc;

use leptos::prelude::*;
use streamflow_proto::client::v1::{
    RequestPasswordResetRequest, ResetPasswordRequest, account_service_client::AccountServiceClient,
};
use web_kit::{
    api::{act::Act, use_api},
    button::{Button, Kind, LinkButton},
    field::{PasswordField, TextField},
    form::{Form, FormState},
    icon::{Icon, glyphs},
    link,
};

use super::{frame::Door, incomplete::Incomplete, way::carried};

#[component]
pub fn RequestReset() -> impl IntoView {
    let api = use_api();
    let form = FormState::new();
    let email = RwSignal::new(carried());
    let sent = RwSignal::new(false);
    let send = move |()| {
        let request = RequestPasswordResetRequest { email: email.get_untracked().trim().to_owned() };
        let attempt = async move {
            api.open(request, async |transport, request| {
                AccountServiceClient::new(transport).request_password_reset(request).await
            })
            .await
        };
        form.send(attempt, move |_| sent.set(true));
    };
    view! {
        <Door title=t!("New password") lead=ViewFn::from(|| t!("We send a link to your address."))>
            {move || {
                if sent.get() {
                    view! {
                        <Done text=t!("If this address has an account, a link is on its way. It works once and for a short time.")/>
                    }
                        .into_any()
                } else {
                    view! {
                        <Form state=form on_submit=send guard=false>
                            <TextField
                                name="email"
                                label=t!("E-mail")
                                kind="email"
                                autocomplete="username"
                                value=email
                                large=true
                                autofocus=true
                            />
                            <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>
                                {t!("Send the link")}
                            </Button>
                        </Form>
                        <a href="/sign-in">{t!("Back to signing in")}</a>
                    }
                        .into_any()
                }
            }}
        </Door>
    }
}

#[component]
pub fn ConfirmReset() -> impl IntoView {
    let api = use_api();
    let token = StoredValue::new(link::secret());
    let form = FormState::new();
    let password = RwSignal::new(String::new());
    let done = RwSignal::new(false);
    let act = StoredValue::new_local(Rc::new(Act::default()));
    let send = move |()| {
        let act = act.get_value();
        let request = ResetPasswordRequest { token: token.get_value(), new_password: password.get_untracked() };
        let attempt = async move {
            api.open_once(&act, request, async |transport, request| {
                AccountServiceClient::new(transport).reset_password(request).await
            })
            .await
        };
        form.send(attempt, move |_| {
            link::forget_secret();
            done.set(true);
        });
    };
    view! {
        <Door title=t!("Choose a new password")>
            {move || {
                if token.with_value(String::is_empty) {
                    view! { <Incomplete anew="/reset"/> }.into_any()
                } else if done.get() {
                    view! { <Done text=t!("Your password is changed, and you are signed out everywhere else.")/> }.into_any()
                } else {
                    view! {
                        <Form state=form on_submit=send guard=false>
                            <PasswordField
                                name="new_password"
                                label=t!("New password")
                                autocomplete="new-password"
                                help=t!("12 characters or more with a second factor, 15 without.")
                                value=password
                                large=true
                                autofocus=true
                            />
                            <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>
                                {t!("Save the password")}
                            </Button>
                        </Form>
                        <a href="/sign-in">{t!("Back to signing in")}</a>
                    }
                        .into_any()
                }
            }}
        </Door>
    }
}

#[component]
fn Done(text: &'static str) -> impl IntoView {
    view! {
        <div class="note is-success" role="status">
            <Icon glyph=glyphs::CIRCLE_CHECK/>
            <span>{text}</span>
        </div>
        <LinkButton href="/sign-in" class="btn-lg">{t!("Sign in")}</LinkButton>
    }
}
