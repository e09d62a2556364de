//! Numbers and times in tables; where there is none, the cell is quiet.

use leptos::prelude::*;
use web_kit::{format::number, operator::company};

/// "1,204", and a quiet "0".
pub fn tally(value: i64) -> AnyView {
    let class = if value == 0 { "muted" } else { "" };
    view! { <span class=class>{number::count(value)}</span> }.into_any()
}

/// A quiet dash where there is nothing to tell.
pub fn told(text: Option<String>) -> AnyView {
    text.map_or_else(|| company::none().into_any(), IntoAny::into_any)
}
