//! The list of contacts.

use leptos::prelude::*;
use web_kit::layout::use_page;

#[component]
pub fn ContactsPage() -> impl IntoView {
    use_page("Contacts").flush();
}
