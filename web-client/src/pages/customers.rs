//! The list of customers.

use leptos::prelude::*;
use web_kit::layout::use_page;

#[component]
pub fn CustomersPage() -> impl IntoView {
    use_page("Customers").flush();
}
