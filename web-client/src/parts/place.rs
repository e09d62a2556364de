//! The place of one record: what is shown until it is there, and when it can't be.

use leptos::prelude::*;
use web_kit::load::{Load, Loaded};

/// Draws its children once, when the record is there; later answers change only what follows them.
#[component]
pub fn Place<T>(load: Load<T>, #[prop(into)] what: String, children: ChildrenFn) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    let what = StoredValue::new(what);
    let children = StoredValue::new(children);
    view! {
        <Show
            when=move || load.with(|one| one.is_some())
            fallback=move || view! {
                <div class="record-wait"><Loaded load what=what.get_value() let:_record>{()}</Loaded></div>
            }
        >
            {children.get_value()()}
        </Show>
    }
}
