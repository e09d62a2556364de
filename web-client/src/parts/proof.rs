//! Who one is, shown once more: for what a session alone is not enough for.

use leptos::prelude::*;
use web_kit::field::{PasswordField, TextField};

use crate::api::session;

/// Password, and a code where there is an authenticator. The form around it sends both under these names.
#[component]
pub fn Proof(password: RwSignal<String>, code: RwSignal<String>) -> impl IntoView {
    let needs_code = session().me_untracked().is_some_and(|me| me.has_authenticator);
    view! {
        <PasswordField
            name="current_password"
            label=t!("Your password")
            value=password
            autocomplete="current-password"
        />
        {needs_code
            .then(|| {
                view! {
                    <TextField
                        name="code"
                        label=t!("Present code")
                        value=code
                        help=t!("The six digits your authenticator shows now, or a recovery code.")
                        autocomplete="one-time-code"
                    />
                }
            })}
    }
    .into_any()
}
