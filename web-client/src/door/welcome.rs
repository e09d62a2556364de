//! Behind a sign-up's link: a password, then the checkpoint where one company is set up. Nothing exists before its last button.

mod company;
mod industries;

use leptos::prelude::*;
use streamflow_proto::client::v1::{ConfirmSignUpRequest, ConfirmSignUpResponse, sign_up_service_client::SignUpServiceClient};
use web_kit::{
    api::use_api,
    button::{Button, Kind},
    field::PasswordField,
    form::{Form, FormState},
    icon::Mark,
    layout::SkipLink,
    link,
    toast::ToastRegion,
};

use self::company::Company;
use super::{frame::Door, incomplete::Incomplete};

/// Somebody whose address is proved. In memory only: whoever loads the page again opens the link again.
#[derive(Clone)]
struct Beginner {
    facts: ConfirmSignUpResponse,
    /// For the sign-in that follows.
    password: String,
}

#[component]
pub fn Welcome() -> impl IntoView {
    let beginner = RwSignal::new(None::<Beginner>);
    move || match beginner.get() {
        None => view! { <Confirm beginner/> }.into_any(),
        Some(beginner) => view! { <Checkpoint beginner/> }.into_any(),
    }
}

#[component]
fn Confirm(beginner: RwSignal<Option<Beginner>>) -> impl IntoView {
    let api = use_api();
    let token = StoredValue::new(link::secret());
    let form = FormState::new();
    let password = RwSignal::new(String::new());
    let send = move |()| {
        let request = ConfirmSignUpRequest { token: token.get_value(), password: password.get_untracked() };
        let typed = request.password.clone();
        let attempt = async move {
            api.open(request, async |transport, request| SignUpServiceClient::new(transport).confirm_sign_up(request).await).await
        };
        form.send(attempt, move |facts| beginner.set(Some(Beginner { facts, password: typed })));
    };
    view! {
        <Door title=t!("Welcome") lead=ViewFn::from(|| t!("Your address is confirmed with the next step. Choose a password for your account."))>
            {if token.with_value(String::is_empty) {
                view! { <Incomplete anew="/sign-up"/> }.into_any()
            } else {
                view! {
                    <Form state=form on_submit=send guard=false>
                        <PasswordField
                            name="password"
                            label=t!("New password")
                            autocomplete="new-password"
                            help=t!("12 characters or more; a few words together are easy to remember.")
                            value=password
                            large=true
                            autofocus=true
                        />
                        <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>{t!("Go on")}</Button>
                    </Form>
                    <a href="/sign-up">{t!("Ask for a new link")}</a>
                }
                    .into_any()
            }}
        </Door>
    }
}

#[component]
fn Checkpoint(beginner: Beginner) -> impl IntoView {
    document().set_title(t!("Set up your company · StreamFlow Client"));
    let email = beginner.facts.email.clone();
    view! {
        <SkipLink/>
        <div class="setup">
            <header class="app-header">
                <Mark/>
                <span class="wordmark t-14">"StreamFlow"</span>
                <span class="signin-portal muted">{t!("Client")}</span>
                <span class="grow"></span>
                <span class="muted not-phone">{email}</span>
            </header>
            <div class="brandline"></div>
            <main class="page-content" id="content" tabindex="-1">
                <div class="setup-columns">
                    <Company beginner/>
                </div>
            </main>
        </div>
        <ToastRegion/>
    }
    .into_any()
}
