//! Imports of this company.

use leptos::prelude::*;
use web_kit::layout::use_page;

#[component]
pub fn ImportsPage() -> impl IntoView {
    use_page("Import").flush();
}
