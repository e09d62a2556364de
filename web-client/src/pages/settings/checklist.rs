//! The checklist of a work-order type as it is typed: items are added, moved and taken out; Enter goes on to a new one.

use leptos::{ev::KeyboardEvent, prelude::*};
use streamflow_proto::client::v1 as pb;
use web_kit::{
    browser,
    button::{Button, IconButton},
    field::{Checkbox, FieldTie},
    icon::{Icon, glyphs},
    lasting::lasting,
};

/// As the server allows.
const MOST: usize = 40;
const LONGEST: u32 = 200;

/// An item as it is typed. Its place in the list is its only name. It lives as long as the list has it, whichever row it was added from.
#[derive(Clone)]
pub struct Item {
    text: ArcRwSignal<String>,
    required: ArcRwSignal<bool>,
}

impl Item {
    pub fn of(item: &pb::ChecklistItem) -> Self {
        Self { text: ArcRwSignal::new(item.text.clone()), required: ArcRwSignal::new(item.required) }
    }

    fn new() -> Self {
        Self::of(&pb::ChecklistItem::default())
    }

    pub fn is_blank(&self) -> bool {
        self.text.with_untracked(|text| text.trim().is_empty())
    }

    pub fn read(&self) -> pb::ChecklistItem {
        pb::ChecklistItem { text: self.text.get_untracked(), required: self.required.get_untracked() }
    }
}

/// What the rows need.
#[derive(Clone, Copy)]
struct List {
    items: RwSignal<Vec<Item>>,
    /// Of the list and of each row: what the server found at a place is void once another item stands there.
    ties: StoredValue<Vec<FieldTie>>,
}

impl List {
    fn change(self, change: impl FnOnce(&mut Vec<Item>), focus: &str) {
        self.ties.with_value(|ties| ties.iter().for_each(FieldTie::touched));
        self.items.update(change);
        browser::focus_soon(lasting(focus));
    }

    fn add(self, at: usize) {
        if self.items.with_untracked(Vec::len) < MOST {
            self.change(|items| items.insert(at, Item::new()), &in_row(at, "input"));
        }
    }

    /// The focus goes with the item, to the button that was pressed or, at the end of its way, to the other one.
    fn shift(self, at: usize, to: usize) {
        let last = self.items.with_untracked(Vec::len).saturating_sub(1);
        let up = if to < at { to > 0 } else { to == last };
        self.change(|items| items.swap(at, to), &in_row(to, if up { ".is-up" } else { ".is-down" }));
    }

    fn remove(self, at: usize) {
        let left = self.items.with_untracked(Vec::len).saturating_sub(1);
        let focus = if left == 0 { ".checklist-add".to_owned() } else { in_row(at.min(left - 1), ".is-out") };
        self.change(
            |items| {
                items.remove(at);
            },
            &focus,
        );
    }
}

fn in_row(at: usize, what: &str) -> String {
    format!(".checklist-items > li:nth-child({}) {what}", at + 1)
}

#[component]
pub fn Checklist(items: RwSignal<Vec<Item>>) -> impl IntoView {
    let own = FieldTie::new("work_order_type.checklist");
    let (error, note) = (own.error, own.note_id());
    let described = note.clone();
    let list = List { items, ties: StoredValue::new(Vec::new()) };
    let rows = move || {
        let items = items.get();
        let last = items.len().saturating_sub(1);
        let ties = (0..items.len()).map(|at| FieldTie::new(lasting(&format!("work_order_type.checklist[{at}].text"))));
        let ties: Vec<FieldTie> = ties.collect();
        list.ties.set_value(ties.iter().chain([&own]).cloned().collect());
        let rows = items.into_iter().zip(ties).enumerate();
        rows.map(|(at, (item, tie))| view! { <Row item tie at last list/> }).collect_view()
    };
    let count = move || items.with(Vec::len);
    view! {
        <fieldset class="stack checklist-edit" aria-describedby=described>
            <legend class="field-label">{t!("Checklist")}</legend>
            <ol class="checklist-items">{rows}</ol>
            {move || error.get().map(|text| view! { <Problem id=note.clone() text/> })}
            <Show when=move || count() < MOST
                fallback=|| view! { <p class="t-12 muted">{t!("A checklist has at most 40 items.")}</p> }>
                <div>
                    <Button small=true class="checklist-add" glyph=glyphs::PLUS on_click=move |_| list.add(untrack(count))>
                        {t!("Add item")}
                    </Button>
                </div>
            </Show>
        </fieldset>
    }
    .into_any()
}

#[component]
fn Row(item: Item, tie: FieldTie, at: usize, last: usize, list: List) -> impl IntoView {
    let number = at + 1;
    let (error, note, invalid) = (tie.error, tie.note_id(), tie.invalid());
    let described = note.clone();
    let (text, required) = (RwSignal::from(item.text.clone()), RwSignal::from(item.required.clone()));
    let (up, down, out) =
        (t!("Move item {number} up", number), t!("Move item {number} down", number), t!("Remove item {number}", number));
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.ctrl_key() && !event.meta_key() && !event.is_composing() && !item.is_blank() {
            event.prevent_default();
            list.add(number);
        }
    };
    view! {
        <li>
            <div class="field" class:is-invalid=move || error.get().is_some()>
                <input
                    class="input"
                    autocomplete="off"
                    maxlength=LONGEST
                    aria-label=t!("Item {number}", number)
                    aria-invalid=invalid
                    aria-describedby=described
                    prop:value=text
                    on:input:target=move |event| {
                        text.set(event.target().value());
                        tie.touched();
                    }
                    on:keydown=on_key
                />
                {move || error.get().map(|text| view! { <Problem id=note.clone() text/> })}
            </div>
            <Checkbox label=t!("Required") value=required name=lasting(&format!("work_order_type.checklist[{at}].required"))/>
            <IconButton class="is-up" label=up glyph=glyphs::ARROW_UP small=true disabled=at == 0 on_click=move |_| list.shift(at, at - 1)/>
            <IconButton class="is-down" label=down glyph=glyphs::ARROW_DOWN small=true disabled=at == last on_click=move |_| list.shift(at, number)/>
            <IconButton class="is-out" label=out glyph=glyphs::XMARK small=true on_click=move |_| list.remove(at)/>
        </li>
    }
    .into_any()
}

#[component]
fn Problem(id: String, text: String) -> impl IntoView {
    view! { <span class="field-error" id=id><Icon glyph=glyphs::CIRCLE_EXCLAMATION/>{text}</span> }
}
