//! An empty list: three ghost rows, what this is for, what to do next.

use leptos::prelude::*;

#[component]
pub fn EmptyState(
    #[prop(into)] title: String,
    /// One sentence on what this is for, or why nothing matches.
    #[prop(into)]
    text: String,
    /// One primary button, and one other way in.
    #[prop(optional, into)]
    actions: Option<ViewFn>,
) -> impl IntoView {
    view! {
        <div class="empty-place">
            <div class="empty">
                <div class="empty-ghost" aria-hidden="true">
                    <div><i></i><i class="w-1"></i><i class="w-end"></i></div>
                    <div><i></i><i class="w-2"></i><i class="w-end"></i></div>
                    <div><i></i><i class="w-3"></i><i class="w-end"></i></div>
                </div>
                <h2 class="t-16">{title}</h2>
                <p>{text}</p>
                {actions.map(|actions| view! { <div class="row row-wrap">{actions.run()}</div> })}
            </div>
        </div>
    }
    .into_any()
}
