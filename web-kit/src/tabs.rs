//! Tabs inside a page, and small groups of choices.

use leptos::{ev::KeyboardEvent, prelude::*};

use crate::{browser, field::Choice};

/// ARIA tabs: arrows, Home and End move, the content below follows `current`.
#[component]
pub fn Tabs(
    #[prop(into)] label: String,
    /// `value` of the open tab.
    current: RwSignal<String>,
    #[prop(into)] tabs: Signal<Vec<Choice>>,
    /// Draws the panel of the open tab.
    children: ChildrenFn,
) -> impl IntoView {
    // On a phone there are more tabs than the window is wide.
    Effect::new(move |_| {
        current.track();
        browser::reveal_soon("[role=tab][aria-selected=true]");
    });
    let base = browser::uid("tabs");
    let panel = format!("{base}-panel");
    let step = move |event: &KeyboardEvent| {
        let by: isize = match &*event.key() {
            "ArrowRight" => 1,
            "ArrowLeft" => -1,
            "Home" => isize::MIN,
            "End" => isize::MAX,
            _ => return,
        };
        event.prevent_default();
        let now = current.get_untracked();
        tabs.with_untracked(|tabs| {
            let at = tabs.iter().position(|tab| tab.value == now).unwrap_or_default();
            let next = at.saturating_add_signed(by).min(tabs.len().saturating_sub(1));
            if let Some(tab) = tabs.get(next) {
                current.set(tab.value.clone());
            }
        });
        browser::focus_soon("[role=tab][aria-selected=true]");
    };
    let list = {
        let panel = panel.clone();
        move || {
            tabs.get()
                .into_iter()
                .map(|tab| {
                    let value = StoredValue::new(tab.value);
                    let open = move || value.with_value(|value| current.with(|current| current == value));
                    view! {
                        <button
                            type="button"
                            class="tab"
                            role="tab"
                            aria-controls=panel.clone()
                            aria-selected=move || if open() { "true" } else { "false" }
                            tabindex=move || if open() { "0" } else { "-1" }
                            on:click=move |_| current.set(value.get_value())
                        >
                            {tab.label}
                        </button>
                    }
                })
                .collect_view()
        }
    };
    view! {
        <div class="tabs">
            <div class="tablist" role="tablist" aria-label=label.clone() on:keydown=move |event| step(&event)>
                {list}
            </div>
        </div>
        <div role="tabpanel" id=panel aria-label=label tabindex="-1">{children()}</div>
    }
    .into_any()
}

/// Two to five choices side by side, e.g. a range.
#[component]
pub fn Segmented(
    #[prop(into)] label: String,
    value: RwSignal<String>,
    #[prop(into)] choices: Signal<Vec<Choice>>,
) -> impl IntoView {
    let button = move |choice: Choice| {
        let own = StoredValue::new(choice.value);
        let on = move || own.with_value(|own| value.with(|value| value == own));
        view! {
            <button
                type="button"
                aria-pressed=move || if on() { "true" } else { "false" }
                on:click=move |_| value.set(own.get_value())
            >
                {choice.label}
            </button>
        }
    };
    let buttons = move || choices.get().into_iter().map(button).collect_view();
    view! { <div class="segmented" role="group" aria-label=label>{buttons}</div> }.into_any()
}
