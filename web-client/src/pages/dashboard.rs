//! What needs this person, then the figures.

use leptos::prelude::*;
use web_kit::layout::use_page;

#[component]
pub fn DashboardPage() -> impl IntoView {
    use_page("Dashboard").canvas();
}
