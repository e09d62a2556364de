//! What there is besides the password, below its form: a button each, and each button is its own file.

use leptos::prelude::*;
use web_kit::form::FormState;

use super::{email_code::EmailCodeButton, github::GithubButton, passkey::PasskeyButton};

#[component]
pub fn OtherWays(
    /// The password's form, where refusals of the address are shown.
    form: FormState,
    email: RwSignal<String>,
    /// Set when a code was mailed; the field for it takes the form's place.
    sent: RwSignal<Option<i32>>,
) -> impl IntoView {
    view! {
        <div class="or" aria-hidden="true">{t!("or")}</div>
        <div class="stack gap-2" role="group" aria-label=t!("Other ways to sign in")>
            <PasskeyButton form/>
            <EmailCodeButton form email sent/>
            <GithubButton/>
        </div>
    }
}
