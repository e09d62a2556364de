//! The table of a list of records, with what can be done to the selected ones.

use std::sync::Arc;

use leptos::prelude::*;
use web_kit::{
    api::error::ApiError,
    icon::glyphs,
    list::{
        bar::ListFoot,
        query::ListQuery,
        rows::Rows,
        selection::{BulkAction, Selection, SelectionBar},
        state::ListState,
    },
    table::{Column, VirtualTable},
};

use super::{
    noun::{Noun, People},
    rows::put_rows,
};
use crate::api::may;

/// Whether the list shows archived records instead of live ones.
fn shows_archived(state: &ListState) -> bool {
    state.filter("archived") == Some("true")
}

/// Opens the dialog that assigns the selected records; None where this person may not.
pub fn assign_action<T: Send + Sync + 'static>(
    rows: Rows<T>,
    assigning: RwSignal<Option<Vec<(String, People)>>>,
    people_of: fn(&T) -> People,
) -> Option<BulkAction> {
    may("record.assign").then(|| {
        BulkAction::new(t!("Assign"), glyphs::USER, move |ids: Vec<String>| {
            let chosen = rows.with_untracked(|all| {
                let named = all.iter().map(|row| (rows.key_of(row), people_of(row)));
                named.filter(|(id, _)| ids.contains(id)).collect()
            });
            assigning.set(Some(chosen));
        })
    })
}

/// Rows, boxes where there is something to do with them, and the line under them.
#[component]
pub fn RecordTable<T>(
    noun: &'static Noun,
    query: ListQuery,
    rows: Rows<T>,
    columns: Vec<Column<T>>,
    name: fn(&T) -> String,
    selection: Selection,
    /// Besides archiving, which all kinds have.
    actions: Vec<BulkAction>,
    problem: RwSignal<Option<ApiError>>,
    #[prop(into)] empty: ViewFn,
) -> impl IntoView
where
    T: Send + Sync + 'static,
{
    let href = move |row: Arc<T>| noun.address(&rows.key_of(&row));
    let archives = may("record.archive");
    let table = if actions.is_empty() && !archives {
        view! { <VirtualTable rows label=t!(noun.title) columns query name href empty/> }.into_any()
    } else {
        view! { <VirtualTable rows label=t!(noun.title) columns query selection name href empty/> }.into_any()
    };
    let actions = StoredValue::new(actions);
    let away = Memo::new(move |_| !query.with(shows_archived));
    let bar = move || {
        let away = away.get();
        let (label, glyph) = if away { (t!("Archive"), glyphs::BOX_ARCHIVE) } else { (t!("Restore"), glyphs::ROTATE_LEFT) };
        let put = move |ids: Vec<String>| put_rows(noun, rows, selection, ids, away, problem);
        let mut actions = actions.get_value();
        actions.extend(archives.then(|| BulkAction::new(label, glyph, put)));
        view! { <SelectionBar selection actions/> }
    };
    view! {
        {table}
        {bar}
        <ListFoot rows/>
    }
    .into_any()
}
