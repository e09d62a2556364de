//! The place of one record: what is shown until it is there, and when it can't be.

use leptos::prelude::*;
use web_kit::{
    layout::PageSlots,
    load::{Load, Loaded},
};

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
                <div class="record-wait"><Loaded load what=what.get_value() children=|_| ()/></div>
            }
        >
            {children.get_value()()}
        </Show>
    }
}

/// The right panel of a record, as soon as there is a record.
pub fn show_panel<T, V>(page: PageSlots, load: Load<T>, panel: impl Fn() -> V + Clone + Send + Sync + 'static)
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let is_there = Memo::new(move |_| load.with(|one| one.is_some()));
    Effect::new(move |_| {
        if is_there.get() {
            page.with_panel(panel.clone());
        } else {
            page.panel.set(None);
        }
    });
}
