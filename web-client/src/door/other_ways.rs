//! What there is besides the password, below its form: a button each, and each button is its own file.

use leptos::prelude::*;

#[component]
pub fn OtherWays() -> impl IntoView {
    view! { <div class="stack gap-2"></div> }
}
