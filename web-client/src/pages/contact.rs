//! One contact.

pub mod form;
pub mod record;

use leptos::prelude::*;
use web_kit::layout::use_page;

#[component]
pub fn ContactPage() -> impl IntoView {
    use_page("Contact");
}
