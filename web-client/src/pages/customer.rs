//! One customer.

use leptos::prelude::*;
use web_kit::layout::use_page;

#[component]
pub fn CustomerPage() -> impl IntoView {
    use_page("Customer");
}
