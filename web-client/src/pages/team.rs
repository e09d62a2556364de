//! People, teams and invitations.

use leptos::prelude::*;
use web_kit::layout::use_page;

#[component]
pub fn TeamPage() -> impl IntoView {
    use_page("Team");
}
