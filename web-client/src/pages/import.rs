//! One import from file to rows.

use leptos::prelude::*;
use web_kit::layout::use_page;

#[component]
pub fn ImportPage() -> impl IntoView {
    use_page("Import").flush();
}
