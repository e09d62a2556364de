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

    /// Typed out in full, or by what it is chosen as, whatever the case.
    fn is_called(&self, typed: &str) -> bool {
        self.label.to_lowercase() == typed.trim().to_lowercase() || self.value.eq_ignore_ascii_case(typed.trim())
    }
}

/// The item that is called so, if no other is.
fn only_one<'a>(items: &'a [ComboItem], typed: &str) -> Option<&'a ComboItem> {
    let mut called = items.iter().filter(|item| item.is_called(typed));
    called.next().filter(|_| called.next().is_none())
}

/// Shown at once; more typing narrows.
const SHOWN: usize = 8;

/// What is being typed and chosen.
#[derive(Clone, Copy)]
struct Choosing {
    value: RwSignal<String>,
    items: Signal<Vec<ComboItem>>,
    /// The items offered for what is typed.
    shown: Memo<Vec<ComboItem>>,
    /// None while the chosen item's name stands there.
    typed: RwSignal<Option<String>>,
    open: RwSignal<bool>,
    cursor: RwSignal<usize>,
    /// Left with text that chooses nothing.
    astray: RwSignal<bool>,
    optional: bool,
    tie: StoredValue<FieldTie>,
}

impl Choosing {
    /// `narrowed` says that somebody else already keeps `items` to what is typed.
    fn new(value: RwSignal<String>, items: Signal<Vec<ComboItem>>, optional: bool, narrowed: bool, tie: FieldTie) -> Self {
        let typed = RwSignal::new(None::<String>);
        let shown = Memo::new(move |_| {
            let words = typed.get().unwrap_or_default().to_lowercase();
            let mut found = items.get();
            if !narrowed {
                found.retain(|item| item.matches(&words));
            }
            found.truncate(SHOWN);
            found
        });
        let choosing = Self {
            value,
            items,
            shown,
            typed,
            open: RwSignal::new(false),
            cursor: RwSignal::new(0),
            astray: RwSignal::new(false),
            optional,
            tie: StoredValue::new(tie),
        };
        // A form that is emptied or filled anew takes the text along.
        Effect::new(move |before: Option<()>| {
            value.track();
            if before.is_some() {
                choosing.back_to_chosen();
            }
        });
        choosing
    }

    /// What stands in the field.
    fn text(self) -> String {
        self.typed.get().unwrap_or_else(|| {
            let value = self.value.get();
            let name = |items: &Vec<ComboItem>| items.iter().find(|item| item.value == value).map(|item| item.label.clone());
            self.items.with(name).unwrap_or_default()
        })
    }

    fn type_text(self, text: String) {
        self.typed.set(Some(text));
        self.astray.set(false);
        self.cursor.set(0);
        self.open.set(true);
    }

    fn back_to_chosen(self) {
        self.typed.set(None);
        self.astray.set(false);
    }

    fn choose(self, chosen: String) {
        self.value.set(chosen);
        self.back_to_chosen();
        self.open.set(false);
        self.tie.with_value(FieldTie::touched);
    }

    /// The focus goes elsewhere: text that names one item chooses it.
    fn leave(self) {
        // A field that goes away with its form loses the focus last of all.
        let Some(text) = self.typed.try_get_untracked() else { return };
        self.open.set(false);
        let Some(text) = text else { return };
        let named = self.items.with_untracked(|items| only_one(items, &text).map(|item| item.value.clone()));
        match named {
            Some(value) => self.choose(value),
            // Emptied text means "none", where there may be none.
            None if text.trim().is_empty() && self.optional => self.choose(String::new()),
            None if text.trim().is_empty() => self.back_to_chosen(),
            // Kept and said; what is dropped in silence is found missing too late.
            None => {
                self.astray.set(true);
                self.tie.with_value(FieldTie::touched);
            }
        }
    }

    fn on_key(self, event: &KeyboardEvent) {
        let last = self.shown.with_untracked(Vec::len).saturating_sub(1);
        match &*event.key() {
            "ArrowDown" if self.open.get_untracked() => self.cursor.update(|at| *at = (*at + 1).min(last)),
            "ArrowDown" => self.open.set(true),
            "ArrowUp" => self.cursor.update(|at| *at = at.saturating_sub(1)),
            "Enter" if self.open.get_untracked() && !event.ctrl_key() && !event.meta_key() => {
                if let Some(item) = self.shown.with_untracked(|shown| shown.get(self.cursor.get_untracked()).cloned()) {
                    self.choose(item.value);
                }
            }
            "Enter" => {
                self.leave();
                // The form would be saved without what stands here.
                if !self.astray.get_untracked() {
                    return;
                }
                event.stop_propagation();
            }
            "Escape" if self.open.get_untracked() => {
                self.back_to_chosen();
                self.open.set(false);
            }
            _ => return,
        }
        event.prevent_default();
    }

    /// Id of the option that the keys are at.
    fn active(self, list_id: &str) -> Option<String> {
        (self.open.get() && !self.shown.with(Vec::is_empty)).then(|| option_id(list_id, self.cursor.get()))
    }
}

fn option_id(list_id: &str, index: usize) -> String {
    format!("{list_id}-{index}")
}

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
    let choosing = Choosing::new(value, items, optional, on_type.is_some(), tie.clone());
    let refused = tie.error;
    let nothing = match (people, on_type.is_some()) {
        (true, _) => t!("Nobody is called that. Choose from the list."),
        (_, false) => t!("Nothing is called that. Choose from the list."),
        // The server may know more than it has offered.
        (_, true) => t!("Choose one from the list."),
    };
    tie.error = Signal::derive(move || if choosing.astray.get() { Some(nothing.to_owned()) } else { refused.get() });
    let (id, note, invalid) = (tie.id.clone(), tie.note_id(), tie.invalid());
    let list_id = StoredValue::new(format!("{id}-list"));
    let type_text = move |text: String| {
        if let Some(on_type) = on_type {
            on_type.run(text.clone());
        }
        choosing.type_text(text);
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
                    aria-expanded=move || if choosing.open.get() { "true" } else { "false" }
                    aria-controls=list_id.get_value()
                    aria-activedescendant=move || list_id.with_value(|list_id| choosing.active(list_id))
                    aria-invalid=invalid
                    aria-describedby=note
                    prop:value=move || choosing.text()
                    on:input:target=move |event| type_text(event.target().value())
                    on:click=move |_| choosing.open.set(true)
                    on:blur=move |_| choosing.leave()
                    on:keydown=move |event| choosing.on_key(&event)
                />
                <ul
                    class="popover combo-list"
                    id=list_id.get_value()
                    role="listbox"
                    aria-label=label
                    hidden=move || !choosing.open.get()
                >
                    <Options choosing list_id people/>
                </ul>
            </div>
        </FieldFrame>
    }
    .into_any()
}

#[component]
fn Options(choosing: Choosing, list_id: StoredValue<String>, people: bool) -> impl IntoView {
    let option = move |(index, item): (usize, ComboItem)| {
        let chosen = item.value.clone();
        view! {
            <li
                role="option"
                id=list_id.with_value(|list_id| option_id(list_id, index))
                class="menu-item"
                aria-selected=move || if choosing.cursor.get() == index { "true" } else { "false" }
                on:mousedown=move |event| {
                    event.prevent_default();
                    choosing.choose(chosen.clone());
                }
            >
                {people.then(|| view! { <span class="avatar" aria-hidden="true">{initials(&item.label)}</span> })}
                <span class="grow truncate">{item.label.clone()}</span>
                <span class="muted t-12">{item.hint}</span>
            </li>
        }
    };
    move || choosing.shown.get().into_iter().enumerate().map(option).collect_view()
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
        let items = [ComboItem::new("GBP", "British Pound"), ComboItem::new("EGP", "Egyptian Pound")];
        assert_eq!(only_one(&items, "gbp"), items.first(), "a code is a name, too");
        assert_eq!(only_one(&items, "pound"), None);
    }
}
