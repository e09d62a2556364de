//! One row: its first cell is the link, the whole of it opens.

use std::sync::Arc;

use leptos::{ev::MouseEvent, prelude::*};
use wasm_bindgen::JsCast;

use super::TableParts;
use crate::{
    badge::{Badge, Tone},
    icon::glyphs,
    list::selection::Selection,
};

#[component]
pub(super) fn Row<T: Send + Sync + 'static>(
    parts: TableParts<T>,
    at: usize,
    row: Arc<T>,
    open: Callback<String>,
) -> impl IntoView {
    let key = StoredValue::new(parts.rows.key_of(&row));
    let address = parts.href.run(row.clone());
    let name = (parts.name)(&row);
    let selected = move || parts.selection.is_some_and(|selection| key.with_value(|key| selection.has(key)));
    let who = Memo::new(move |_| key.with_value(|key| parts.rows.touched.with(|touched| touched.get(key).cloned())));
    let press = {
        let address = address.clone();
        move |event: MouseEvent| {
            parts.cursor.set(Some(at));
            if !is_on_control(&event) {
                open.run(address.clone());
            }
        }
    };
    let cells = move || {
        let address = address.clone();
        parts
            .columns
            .get()
            .into_iter()
            .enumerate()
            .map(|(index, column)| {
                let cell = (column.cell)(&row);
                let place = if index == 0 { Some("a") } else { column.phone };
                let content = if index == 0 {
                    view! {
                        <a class="cell-main" href=address.clone()>{cell}</a>
                        {move || who.get().map(|who| view! { <LiveBadge who/> })}
                    }
                    .into_any()
                } else {
                    cell
                };
                view! { <td class=column.class() data-p=place>{content}</td> }
            })
            .collect_view()
    };
    view! {
        <tr
            class="is-row"
            class:is-selected=selected
            class:is-cursor=move || parts.cursor.get() == Some(at)
            class:is-live=move || who.get().is_some()
            aria-rowindex=at + 2
            on:click=press
        >
            {parts
                .selection
                .map(|selection| view! { <td class="cell-box"><RowBox selection key name=name.clone()/></td> })}
            {cells}
        </tr>
    }
}

#[component]
fn RowBox(selection: Selection, key: StoredValue<String>, name: String) -> impl IntoView {
    view! {
        <input
            type="checkbox"
            class="box"
            aria-label=t!("Select {name}", name)
            prop:checked=move || key.with_value(|key| selection.has(key))
            on:change=move |_| key.with_value(|key| selection.toggle(key))
        />
    }
}

#[component]
fn LiveBadge(who: String) -> impl IntoView {
    view! { <span class="live-badge"><Badge tone=Tone::Accent glyph=glyphs::PEN text=t!("{who}, just now", who)/></span> }
}

/// A click on a link, a box or a button is meant for that.
fn is_on_control(event: &MouseEvent) -> bool {
    event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .and_then(|element| element.closest("a, button, input, label").ok().flatten())
        .is_some()
}
