//! Choosing one of many by typing: people, customers, cities (ARIA combobox with a list).

use leptos::{ev::KeyboardEvent, prelude::*};

use super::{FieldFrame, FieldTie};
use crate::format::initials;

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComboItem {
    pub value: String,
    pub label: String,
    /// Quiet second line, e.g. a role or a city.
    pub hint: String,
}

impl ComboItem {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), hint: String::new() }
    }

    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    fn matches(&self, typed: &str) -> bool {
        typed.split_whitespace().all(|word| self.label.to_lowercase().contains(word) || self.hint.to_lowercase().contains(word))
    }

    /// Typed out in full, whatever the case.
    fn is_called(&self, typed: &str) -> bool {
        self.label.to_lowercase() == typed.trim().to_lowercase()
    }
}

/// The item that is called so, if no other is.
fn only_one<'a>(items: &'a [ComboItem], typed: &str) -> Option<&'a ComboItem> {
    let mut called = items.iter().filter(|item| item.is_called(typed));
    called.next().filter(|_| called.next().is_none())
}

/// Shown at once; more typing narrows.
const SHOWN: usize = 8;

#[component]
pub fn Combobox(
    name: &'static str,
    #[prop(into)] label: Signal<String>,
    /// `value` of the chosen item, empty for none.
    value: RwSignal<String>,
    #[prop(into)] items: Signal<Vec<ComboItem>>,
    #[prop(optional)] optional: bool,
    #[prop(optional, into)] help: Option<String>,
    /// Draws initials before each name.
    #[prop(optional)]
    people: bool,
    /// Called with what is typed, for lists that the server narrows; `items` then follows the answer.
    #[prop(optional, into)]
    on_type: Option<Callback<String>>,
) -> impl IntoView {
    let mut tie = FieldTie::new(name);
    let touch = StoredValue::new(tie.clone());
    // Left with text that chooses nothing.
    let astray = RwSignal::new(false);
    let refused = tie.error;
    let nothing = match (people, on_type.is_some()) {
        (true, _) => "Nobody is called that. Choose from the list.",
        (_, false) => "Nothing is called that. Choose from the list.",
        // The server may know more than it has offered.
        (_, true) => "Choose one from the list.",
    };
    tie.error = Signal::derive(move || if astray.get() { Some(nothing.to_owned()) } else { refused.get() });
    let (id, note, invalid) = (tie.id.clone(), tie.note_id(), tie.invalid());
    let list_id = format!("{id}-list");
    let typed = RwSignal::new(None::<String>);
    let open = RwSignal::new(false);
    let cursor = RwSignal::new(0_usize);

    let shown = Memo::new(move |_| {
        let words = typed.get().unwrap_or_default().to_lowercase();
        let mut found = items.get();
        if on_type.is_none() {
            found.retain(|item| item.matches(&words));
        }
        found.truncate(SHOWN);
        found
    });
    let text = move || {
        typed.get().unwrap_or_else(|| {
            let value = value.get();
            items.with(|items| items.iter().find(|item| item.value == value).map(|item| item.label.clone())).unwrap_or_default()
        })
    };
    let back_to_chosen = move || {
        typed.set(None);
        astray.set(false);
    };
    // A form that is emptied or filled anew takes the text along.
    Effect::new(move |before: Option<()>| {
        value.track();
        if before.is_some() {
            back_to_chosen();
        }
    });
    let choose = move |chosen: String| {
        value.set(chosen);
        back_to_chosen();
        open.set(false);
        touch.with_value(FieldTie::touched);
    };
    let leave = move || {
        // A field that goes away with its form loses the focus last of all.
        let Some(text) = typed.try_get_untracked() else { return };
        open.set(false);
        let Some(text) = text else { return };
        let named = items.with_untracked(|items| only_one(items, &text).map(|item| item.value.clone()));
        match named {
            Some(value) => choose(value),
            // Emptied text means "none", where there may be none.
            None if text.trim().is_empty() && optional => choose(String::new()),
            None if text.trim().is_empty() => back_to_chosen(),
            // Kept and said; what is dropped in silence is found missing too late.
            None => {
                astray.set(true);
                touch.with_value(FieldTie::touched);
            }
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let last = shown.with_untracked(Vec::len).saturating_sub(1);
        match &*event.key() {
            "ArrowDown" if open.get_untracked() => cursor.update(|at| *at = (*at + 1).min(last)),
            "ArrowDown" => open.set(true),
            "ArrowUp" => cursor.update(|at| *at = at.saturating_sub(1)),
            "Enter" if open.get_untracked() && !event.ctrl_key() && !event.meta_key() => {
                if let Some(item) = shown.with_untracked(|shown| shown.get(cursor.get_untracked()).cloned()) {
                    choose(item.value);
                }
            }
            "Enter" => {
                leave();
                // The form would be saved without what stands here.
                if !astray.get_untracked() {
                    return;
                }
                event.stop_propagation();
            }
            "Escape" if open.get_untracked() => {
                back_to_chosen();
                open.set(false);
            }
            _ => return,
        }
        event.prevent_default();
    };
    let option_id = {
        let list_id = list_id.clone();
        move |index: usize| format!("{list_id}-{index}")
    };
    let active = {
        let option_id = option_id.clone();
        move || (open.get() && !shown.with(Vec::is_empty)).then(|| option_id(cursor.get()))
    };
    let options = move || {
        let option_id = option_id.clone();
        shown
            .get()
            .into_iter()
            .enumerate()
            .map(|(index, item)| {
                let chosen = item.value.clone();
                view! {
                    <li
                        role="option"
                        id=option_id(index)
                        class="menu-item"
                        aria-selected=move || if cursor.get() == index { "true" } else { "false" }
                        on:mousedown=move |event| {
                            event.prevent_default();
                            choose(chosen.clone());
                        }
                    >
                        {people.then(|| view! { <span class="avatar" aria-hidden="true">{initials(&item.label)}</span> })}
                        <span class="grow truncate">{item.label.clone()}</span>
                        <span class="muted t-12">{item.hint}</span>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <FieldFrame tie label optional help>
            <div class="combo">
                <input
                    id=id
                    class="input"
                    role="combobox"
                    autocomplete="off"
                    aria-autocomplete="list"
                    aria-expanded=move || if open.get() { "true" } else { "false" }
                    aria-controls=list_id.clone()
                    aria-activedescendant=active
                    aria-invalid=invalid
                    aria-describedby=note
                    prop:value=text
                    on:input:target=move |event| {
                        let now = event.target().value();
                        if let Some(on_type) = on_type {
                            on_type.run(now.clone());
                        }
                        typed.set(Some(now));
                        astray.set(false);
                        cursor.set(0);
                        open.set(true);
                    }
                    on:click=move |_| open.set(true)
                    on:blur=move |_| leave()
                    on:keydown=on_key
                />
                <ul class="popover combo-list" id=list_id.clone() role="listbox" aria-label=label hidden=move || !open.get()>
                    {options}
                </ul>
            </div>
        </FieldFrame>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{ComboItem, only_one};

    #[test]
    fn a_name_typed_in_full_chooses_its_item() {
        let mut items = vec![ComboItem::new("usr_1", "Ana Müller"), ComboItem::new("usr_2", "Ana")];
        assert_eq!(only_one(&items, " ana müller "), items.first());
        assert_eq!(only_one(&items, "an"), None);
        items.push(ComboItem::new("usr_3", "ANA"));
        assert_eq!(only_one(&items, "Ana"), None);
    }
}
