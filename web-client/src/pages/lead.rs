//! One lead.

use leptos::prelude::*;
use web_kit::layout::use_page;

#[component]
pub fn LeadPage() -> impl IntoView {
    use_page("Lead");
}
