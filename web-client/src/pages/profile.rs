//! Own account: password, second factor, sessions, theme.

use leptos::prelude::*;
use web_kit::layout::use_page;

#[component]
pub fn ProfilePage() -> impl IntoView {
    use_page("Profile");
}
