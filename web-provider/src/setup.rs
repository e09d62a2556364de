//! `/set-up`: a new person's way in. The link works once.

use leptos::prelude::*;
use streamflow_proto::{
    provider::v1::{BeginSetupRequest, BeginSetupResponse, FinishSetupRequest, admin_service_client::AdminServiceClient},
    reason::Reason,
};
use web_kit::{
    api::{error::ApiError, use_api},
    authenticator::AuthenticatorSecret,
    button::{Button, Kind},
    field::PasswordField,
    form::{Form, FormState},
    link,
    load::{Load, Loaded},
    sign_in::{CodeField, SignInFrame},
};

#[component]
pub fn SetUp() -> impl IntoView {
    let api = use_api();
    let token = StoredValue::new(link::secret());
    let done = RwSignal::new(false);
    let load = Load::new(move || async move {
        let call = async |transport, request| AdminServiceClient::new(transport).begin_setup(request).await;
        api.open(BeginSetupRequest { token: token.get_value() }, call).await
    });
    // A link that is used up or too old: nothing to try again.
    let error = load.error();
    let spent = Memo::new(move |_| {
        error.with(|error| Some(error.as_ref()?).filter(|error| error.is(Reason::LINK_USED)).map(ApiError::sentence))
    });
    let title = Signal::derive(move || {
        let title = if spent.with(Option::is_some) {
            t!("This link no longer works")
        } else if done.get() {
            t!("Your account is ready")
        } else {
            t!("Set up your account")
        };
        title.to_owned()
    });
    let lead = ViewFn::from(move || match spent.get() {
        Some(sentence) => sentence,
        None if done.get() => t!("You can sign in now.").to_owned(),
        None => t!("Choose a password and set up your authenticator. This link works once.").to_owned(),
    });
    view! {
        <SignInFrame portal="Provider" title lead>
            <div class="brandline"></div>
            {move || {
                if done.get() || spent.with(Option::is_some) {
                    view! { <a href="/sign-in" class="btn btn-primary btn-lg btn-block">{t!("Go to the sign-in")}</a> }.into_any()
                } else {
                    view! { <Loaded load what=t!("The link") let:begun><Finish token begun done/></Loaded> }.into_any()
                }
            }}
        </SignInFrame>
    }
}

#[component]
fn Finish(token: StoredValue<String>, begun: BeginSetupResponse, done: RwSignal<bool>) -> impl IntoView {
    let api = use_api();
    let form = FormState::new();
    let (password, code) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let send = Callback::new(move |()| {
        let request =
            FinishSetupRequest { token: token.get_value(), password: password.get_untracked(), code: code.get_untracked() };
        let attempt = async move {
            let call = async |transport, request| AdminServiceClient::new(transport).finish_setup(request).await;
            api.open(request, call).await
        };
        form.send(attempt, move |_| {
            link::forget_secret();
            done.set(true);
        });
    });
    view! {
        <p>{format!("{}, {}", begun.display_name, begun.email)}</p>
        <Form state=form on_submit=send guard=false>
            <PasswordField name="password" label=t!("New password") autocomplete="new-password" value=password large=true help=t!("At least 12 characters.")/>
            <AuthenticatorSecret qr_size=begun.qr_size qr_modules=begun.qr_modules secret=begun.secret/>
            <CodeField value=code focus=false/>
            <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>{t!("Finish")}</Button>
        </Form>
    }
}
