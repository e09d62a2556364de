//! What is selected in a list, and the bar that acts on it.

use std::{collections::BTreeSet, sync::Arc};

use leptos::prelude::*;

use crate::{
    button::Button,
    icon::{Glyph, Icon},
    keys::use_shortcut,
};

/// Keys of the selected rows.
#[derive(Clone, Copy)]
pub struct Selection {
    pub keys: RwSignal<BTreeSet<String>>,
}

impl Default for Selection {
    fn default() -> Self {
        Self { keys: RwSignal::new(BTreeSet::new()) }
    }
}

impl Selection {
    pub fn has(self, key: &str) -> bool {
        self.keys.with(|keys| keys.contains(key))
    }

    pub fn toggle(self, key: &str) {
        self.keys.update(|keys| {
            if !keys.remove(key) {
                keys.insert(key.to_owned());
            }
        });
    }

    /// Lets go of what is no longer in sight, so that no act reaches it.
    pub(crate) fn keep(self, is_there: impl Fn(&str) -> bool) {
        if self.keys.with_untracked(|keys| keys.iter().any(|key| !is_there(key))) {
            self.keys.update(|keys| keys.retain(|key| is_there(key)));
        }
    }

    pub fn clear(self) {
        self.keys.update(BTreeSet::clear);
    }

    pub fn count(self) -> usize {
        self.keys.with(BTreeSet::len)
    }

    pub fn get_untracked(self) -> Vec<String> {
        self.keys.with_untracked(|keys| keys.iter().cloned().collect())
    }
}

/// One act on the selected rows.
#[derive(Clone)]
pub struct BulkAction {
    pub label: String,
    pub glyph: Glyph,
    pub run: Arc<dyn Fn(Vec<String>) + Send + Sync>,
}

impl BulkAction {
    pub fn new(label: impl Into<String>, glyph: Glyph, run: impl Fn(Vec<String>) + Send + Sync + 'static) -> Self {
        Self { label: label.into(), glyph, run: Arc::new(run) }
    }
}

/// Floats above the list while something is selected. At most five actions, then Clear.
#[component]
pub fn SelectionBar(selection: Selection, actions: Vec<BulkAction>) -> impl IntoView {
    use_shortcut("escape", t!("Clear the selection"), move || selection.clear());
    let actions = StoredValue::new(actions);
    view! {
        <Show when=move || selection.count() != 0>
            <div class="selbar" role="region" aria-label=t!("Selected rows")>
                <span class="tnum" aria-live="polite">{move || t!("{count} selected", count = selection.count())}</span>
                <span class="sep"></span>
                {actions
                    .get_value()
                    .into_iter()
                    .map(|action| {
                        view! {
                            <button
                                type="button"
                                class="btn"
                                on:click=move |_| (action.run)(selection.get_untracked())
                            >
                                <Icon glyph=action.glyph/>
                                {action.label}
                            </button>
                        }
                    })
                    .collect_view()}
                <span class="sep"></span>
                <Button key_hint=t!("Esc") on_click=move |_| selection.clear()>{t!("Clear")}</Button>
            </div>
        </Show>
    }
    .into_any()
}
