//! Leads by stage.

use leptos::prelude::*;
use web_kit::layout::use_page;

#[component]
pub fn LeadBoardPage() -> impl IntoView {
    use_page("Leads").flush();
}
