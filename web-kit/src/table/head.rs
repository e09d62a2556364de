//! The head: names, order, and the box that selects all loaded rows.

use leptos::prelude::*;

use super::{Column, TableParts, column::CHECK_WIDTH};
use crate::{
    icon::{Icon, glyphs},
    list::{query::ListQuery, selection::Selection},
};

#[component]
pub(super) fn Head<T: Send + Sync + 'static>(parts: TableParts<T>, query: ListQuery) -> impl IntoView {
    let columns = parts.columns;
    let widths = move || {
        columns
            .get()
            .into_iter()
            .map(|column| {
                let width = column.width.map_or_else(|| "auto".to_owned(), |width| format!("{width}px"));
                view! { <col style:width=width/> }
            })
            .collect_view()
    };
    let heads = move || columns.get().into_iter().map(|column| view! { <ColumnHead column query/> }).collect_view();
    view! {
        <colgroup>
            {parts.selection.map(|_| view! { <col style:width=format!("{CHECK_WIDTH}px")/> })}
            {widths}
        </colgroup>
        <thead>
            <tr aria-rowindex="1">
                {parts.selection.map(|selection| view! { <th scope="col" class="cell-box"><SelectAll parts selection/></th> })}
                {heads}
            </tr>
        </thead>
    }
}

#[component]
fn ColumnHead<T: Send + Sync + 'static>(column: Column<T>, query: ListQuery) -> impl IntoView {
    let class = column.class();
    let Some(field) = column.order else {
        return view! { <th scope="col" class=class>{column.label}</th> }.into_any();
    };
    let direction = Memo::new(move |_| query.order().filter(|(known, _)| *known == field).map(|(_, descending)| descending));
    view! {
        <th
            scope="col"
            class=class
            aria-sort=move || direction.get().map(|descending| if descending { "descending" } else { "ascending" })
        >
            <button type="button" on:click=move |_| query.toggle_order(field)>
                {column.label}
                {move || {
                    direction
                        .get()
                        .map(|descending| {
                            let glyph = if descending { glyphs::ARROW_DOWN } else { glyphs::ARROW_UP };
                            view! { <Icon glyph/> }
                        })
                }}
            </button>
        </th>
    }
    .into_any()
}

#[component]
fn SelectAll<T: Send + Sync + 'static>(parts: TableParts<T>, selection: Selection) -> impl IntoView {
    let rows = parts.rows;
    let all = move || rows.count() > 0 && rows.with(|all| all.iter().all(|row| selection.has(&rows.key_of(row))));
    let some = move || selection.count() > 0;
    view! {
        <input
            type="checkbox"
            class="box"
            aria-label=t!("Select all loaded rows")
            prop:checked=all
            prop:indeterminate=move || some() && !all()
            on:change:target=move |event| {
                if event.target().checked() {
                    let keys: Vec<_> = rows.with_untracked(|all| all.iter().map(|row| rows.key_of(row)).collect());
                    selection.keys.update(|known| known.extend(keys));
                } else {
                    selection.clear();
                }
            }
        />
    }
}
