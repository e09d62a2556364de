//! The list of leads.

use leptos::prelude::*;
use web_kit::layout::use_page;

#[component]
pub fn LeadsPage() -> impl IntoView {
    use_page("Leads").flush();
}
