//! Open tasks.

use leptos::prelude::*;
use web_kit::layout::use_page;

#[component]
pub fn TasksPage() -> impl IntoView {
    use_page("My work");
}
