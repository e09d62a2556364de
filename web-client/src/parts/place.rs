//! The place of one record: what is shown until it is there, and when it can't be.

use leptos::prelude::*;
use web_kit::{
    guard::use_go,
    keys::use_shortcut,
    layout::PageSlots,
    load::{Load, Loaded},
    skeleton::SkeletonLines,
};

use super::noun::Noun;
use crate::api::address;

/// Draws its children once, when the record is there; later answers change only what follows them.
#[component]
pub fn Place<T>(
    load: Load<T>,
    #[prop(into)] what: String,
    /// Takes the place of the standard skeleton.
    #[prop(optional, into)]
    skeleton: Option<ViewFn>,
    children: ChildrenFn,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    let what = StoredValue::new(what);
    let children = StoredValue::new(children);
    let skeleton = StoredValue::new(skeleton.unwrap_or_else(|| ViewFn::from(|| view! { <SkeletonLines/> })));
    view! {
        <Show
            when=move || load.with(|one| one.is_some())
            fallback=move || view! {
                <div class="record-wait"><Loaded load what=what.get_value() skeleton=skeleton.get_value() children=|_| ()/></div>
            }
        >
            {children.get_value()()}
        </Show>
    }
}

/// Esc leads from a record to the list it is in.
pub fn use_way_back(noun: &'static Noun) {
    let (go, list) = (use_go(), address(noun.many));
    use_shortcut("escape", t!("Back to the list"), move || go(list.clone()));
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
