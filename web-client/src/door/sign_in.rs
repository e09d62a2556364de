//! E-mail and password, and what there is in the password’s place.

use leptos::prelude::*;
use streamflow_proto::client::v1::{SignInRequest, session_service_client::SessionServiceClient};
use tonic::Code;
use web_kit::{
    api::{Api, error::ApiError, use_api},
    button::{Button, Kind},
    field::{PasswordField, TextField},
    form::{Form, FormState},
    session::expiry_note,
    text::woven,
};

use super::{
    email_code::EmailCode,
    frame::Door,
    other_ways::OtherWays,
    way::{carry, follow_session},
};
use crate::api::session;

#[component]
pub fn SignIn() -> impl IntoView {
    follow_session("/sign-in");
    let email = RwSignal::new(String::new());
    let sent = RwSignal::new(None);
    let by_code = Memo::new(move |_| sent.with(Option::is_some));
    let title = Signal::derive(move || if by_code.get() { t!("Look in your mail") } else { t!("Sign in") }.to_owned());
    let lead = ViewFn::from(move || {
        if by_code.get() { t!("The code takes the place of your password.") } else { t!("To your company’s workspace.") }
    });
    view! {
        <Door title lead>
            {move || {
                if by_code.get() {
                    view! { <EmailCode email sent/> }.into_any()
                } else {
                    view! { <Password email sent/> }.into_any()
                }
            }}
        </Door>
    }
}

#[component]
fn Password(email: RwSignal<String>, sent: RwSignal<Option<i32>>) -> impl IntoView {
    let api = use_api();
    let session = session();
    let form = FormState::new();
    let password = RwSignal::new(String::new());
    let send = move |()| {
        if let Some(error) = missing(&email.get_untracked(), &password.get_untracked()) {
            form.refuse(error);
            return;
        }
        let attempt = sign_in(api, email.get_untracked(), password.get_untracked());
        form.send(attempt, move |()| session.refresh());
    };
    let forgot = ViewFn::from(move || {
        view! { <a class="t-12" href="/reset" on:click=move |_| carry(&email.get_untracked())>{t!("Forgot it?")}</a> }
    });
    view! {
        {expiry_note()}
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
            <PasswordField
                name="password"
                label=t!("Password")
                autocomplete="current-password"
                value=password
                aside=forgot
                large=true
            />
            <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>{t!("Sign in")}</Button>
        </Form>
        <OtherWays form email sent/>
        <p class="t-12 muted">
            {woven(t!("No account yet? Ask the owner or a manager of your company for an invitation, or {begin}."), |_| {
                view! { <a href="/sign-up">{t!("begin with a company of your own")}</a> }.into_any()
            })}
        </p>
    }
}

/// What the server would only call a wrong password.
fn missing(email: &str, password: &str) -> Option<ApiError> {
    ApiError::missing(&[
        ("email", email.trim(), t!("Enter your e-mail address.")),
        ("password", password, t!("Enter your password.")),
    ])
}

/// The browser gets its session as a cookie; nothing of it is seen here.
pub async fn sign_in(api: Api, email: String, password: String) -> Result<(), ApiError> {
    let request = SignInRequest { email: email.trim().to_owned(), password, return_token: false };
    api.open(request, async |transport, request| SessionServiceClient::new(transport).sign_in(request).await)
        .await
        .map(|_| ())
        .map_err(|error| error.at_field(Code::Unauthenticated, "password"))
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn each_empty_field_is_named() {
        let named = |email, password| {
            missing(email, password).map(|error| error.violations.iter().map(|one| one.field.clone()).collect::<Vec<_>>())
        };
        assert_eq!(named(" ", ""), Some(vec!["email".to_owned(), "password".to_owned()]));
        assert_eq!(named("a@b.example", ""), Some(vec!["password".to_owned()]));
        assert_eq!(named("a@b.example", " "), None);
    }
}
