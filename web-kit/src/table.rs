//! The list table: only the rows in sight are in the document, more come from the server as they scroll into sight.

mod column;
mod cursor;
mod head;
mod row;
mod window;

use std::{collections::BTreeSet, sync::Arc};

use leptos::{html, prelude::*};

pub use self::column::{Column, choosable, usual};
use self::{cursor::use_cursor, head::Head, row::Row, window::Window};
use crate::{
    button::Button,
    empty::EmptyState,
    error_panel::{ErrorNote, ErrorPanel},
    guard::use_go,
    list::{query::ListQuery, rows::Rows, selection::Selection, state::ListState},
    skeleton::{Delayed, Skeleton},
};

/// Rows shown while the first page is on its way.
const GHOST_ROWS: usize = 12;

/// What a row needs besides its data.
pub(crate) struct TableParts<T: Send + Sync + 'static> {
    rows: Rows<T>,
    columns: Memo<Vec<Column<T>>>,
    selection: Option<Selection>,
    href: Callback<Arc<T>, String>,
    name: fn(&T) -> String,
    cursor: RwSignal<Option<usize>>,
}

impl<T: Send + Sync> Clone for TableParts<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync> Copy for TableParts<T> {}

#[component]
pub fn VirtualTable<T>(
    rows: Rows<T>,
    /// Things in it: "Customers".
    #[prop(into)]
    label: String,
    /// All columns; the first is the link. `query` says which are shown.
    columns: Vec<Column<T>>,
    query: ListQuery,
    /// Address of a row.
    #[prop(into)]
    href: Callback<Arc<T>, String>,
    /// What a row is called, for its checkbox.
    name: fn(&T) -> String,
    #[prop(optional)] selection: Option<Selection>,
    /// Shown when there are no rows at all. Filters that nothing matches have their own words.
    #[prop(into)]
    empty: ViewFn,
) -> impl IntoView
where
    T: Send + Sync + 'static,
{
    let all = StoredValue::new(columns);
    let columns = Memo::new(move |_| {
        let chosen = query.with(|state| state.columns.clone());
        all.with_value(|all| column::shown(all, &chosen))
    });
    let wrap = NodeRef::<html::Div>::new();
    let window = Window::new(wrap, rows);
    let cursor = RwSignal::new(None);
    let parts = TableParts { rows, columns, selection, href, name, cursor };
    let go = use_go();
    let open = Callback::new(move |address: String| go(address));
    if let Some(selection) = selection {
        follow_rows(selection, rows);
    }
    use_cursor(parts, window, open);

    let what = StoredValue::new(label.clone());
    let in_sight = move || {
        let range = window.range.get();
        let cut = |all: &[Arc<T>]| -> Vec<_> {
            all.iter().enumerate().skip(range.start).take(range.len()).map(|(at, row)| (at, row.clone())).collect()
        };
        rows.with(cut)
    };
    let count = move || rows.total.get().map_or(-1, |(total, capped)| if capped { -1 } else { total + 1 });
    let table_width = move || format!("{}px", column::least_width(&columns.get(), selection.is_some()));
    view! {
        {move || match (rows.is_ready(), rows.count() == 0, rows.error.get()) {
            (_, true, Some(error)) => {
                view! { <ErrorPanel what=what.get_value() error on_retry=move |()| rows.retry()/> }.into_any()
            }
            (true, true, None) if query.with(ListState::is_narrowed) => {
                view! { <NoMatch what=what.get_value() query/> }.into_any()
            }
            (true, true, None) => empty.run(),
            _ => ().into_any(),
        }}
        {move || {
            let again = rows.error.get().filter(|_| rows.is_ready() && rows.count() > 0 && rows.failed_first());
            again.map(|error| {
                view! { <div class="table-fault"><ErrorNote error on_retry=move |()| rows.retry()/></div> }
            })
        }}
        <div
            class="table-wrap"
            node_ref=wrap
            tabindex="0"
            role="region"
            aria-label=label
            hidden=move || rows.count() == 0 && (rows.is_ready() || rows.error.with(Option::is_some))
            on:scroll=move |_| window.measure()
        >
            <table
                class="table cards-on-phone is-fixed"
                aria-rowcount=count
                aria-busy=move || rows.loading.get().then_some("true")
                style:min-width=table_width
            >
                <Head parts query/>
                <tbody>
                    <tr class="spacer" aria-hidden="true" style:height=move || window.above()></tr>
                    <For
                        each=in_sight
                        key=|(at, row)| (*at, Arc::as_ptr(row) as usize)
                        children=move |(at, row)| view! { <Row parts at row open/> }
                    />
                    <tr class="spacer" aria-hidden="true" style:height=move || window.below()></tr>
                    <Ghosts parts/>
                </tbody>
            </table>
            {move || {
                rows.error
                    .get()
                    .filter(|_| rows.is_ready() && !rows.failed_first())
                    .map(|error| view! { <ErrorNote error on_retry=move |()| rows.retry()/> })
            }}
        </div>
    }
}

/// Nobody acts on rows they don't see: another question lets go of all, a row that goes of itself.
fn follow_rows<T: Send + Sync + 'static>(selection: Selection, rows: Rows<T>) {
    Effect::new(move |before: Option<u32>| {
        let now = rows.renewed.get();
        if before.is_some_and(|before| before != now) {
            selection.clear();
        }
        now
    });
    Effect::new(move |_| {
        rows.track();
        if selection.keys.with_untracked(BTreeSet::is_empty) {
            return;
        }
        let there: BTreeSet<_> = rows.with_untracked(|all| all.iter().map(|row| rows.key_of(row)).collect());
        selection.keep(|key| there.contains(key));
    });
}

/// Filters that nothing matches: the way out is to take them away.
#[component]
fn NoMatch(what: String, query: ListQuery) -> impl IntoView {
    let clear = move |_| {
        query.update(|state| {
            state.text.clear();
            state.filters.clear();
        });
    };
    let actions = move || view! { <Button on_click=clear>{t!("Clear filters")}</Button> };
    view! {
        <EmptyState
            title=t!("No {what} match", what = what.to_lowercase())
            text=t!("Nothing has all of these words and filters. Take one away, or clear them.")
            actions
        />
    }
}

/// Skeleton rows: a screenful at first, one while the next page is on its way.
#[component]
fn Ghosts<T: Send + Sync + 'static>(parts: TableParts<T>) -> impl IntoView {
    let rows = parts.rows;
    let lines = move || match (rows.is_ready(), rows.loading.get()) {
        (false, true) => GHOST_ROWS,
        (true, true) if rows.has_more() => 1,
        _ => 0,
    };
    move || {
        let count = lines();
        (count > 0).then(|| {
            view! {
                <Delayed>
                    {(0..count)
                        .map(|line| {
                            view! {
                                <tr aria-hidden="true" class="ghost">
                                    {parts.selection.map(|_| view! { <td class="cell-box"><Skeleton width=2/></td> })}
                                    {parts
                                        .columns
                                        .get()
                                        .into_iter()
                                        .enumerate()
                                        .map(|(at, column)| {
                                            let width = [16, 8, 11, 9][(line + at) % 4];
                                            let place = if at == 0 { Some("a") } else { column.phone };
                                            view! {
                                                <td class=column.class() data-p=place>
                                                    <Skeleton width/>
                                                </td>
                                            }
                                        })
                                        .collect_view()}
                                </tr>
                            }
                        })
                        .collect_view()}
                </Delayed>
            }
        })
    }
}
