//! Who did what.

use leptos::prelude::*;
use web_kit::layout::use_page;

#[component]
pub fn AuditPage() -> impl IntoView {
    use_page("Audit log").flush();
}
