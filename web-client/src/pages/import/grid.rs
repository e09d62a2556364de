//! The rows as a sheet: bad cells red, cells that find a record amber, the open one with what can be done about it.

use leptos::prelude::*;
use prost::Message as _;
use streamflow_proto::client::v1::{ImportColumn, ImportProblem, ImportRow, ImportRowFate};
use web_kit::{
    badge::{Status, Tone},
    icon::{Icon, glyphs},
};

use super::{check_step::Look, editor::Editor, groups, sheet::Sheet};

#[component]
pub fn Grid(sheet: Sheet, look: Look, rows: Memo<Vec<ImportRow>>) -> impl IntoView {
    // Only columns that fill something: the others change nothing.
    let columns = Memo::new(move |_| {
        let all = sheet.import.with(|import| import.as_ref().map(|import| import.columns.clone()).unwrap_or_default());
        all.into_iter().filter(|column| !column.field.is_empty()).collect::<Vec<_>>()
    });
    let key =
        Memo::new(move |_| sheet.import.with(|import| import.as_ref().map(|import| import.key.clone()).unwrap_or_default()));
    let heads = move || {
        columns.with(|columns| {
            columns
                .iter()
                .map(|column| view! { <th scope="col" title=column.header.clone()>{groups::title(sheet.noun().subject, column.index, columns)}</th> })
                .collect_view()
        })
    };
    let empty = move || {
        rows.with(Vec::is_empty).then(|| {
            let text =
                if look.tab.get() == "problems" { t!("Every row can be imported as it is.") } else { t!("There are no rows.") };
            view! {
                <p class="imp-none soft"><span class="up"><Icon glyph=glyphs::CIRCLE_CHECK/></span>{text}</p>
            }
        })
    };
    view! {
        <div class="imp-grid" tabindex="0" role="region" aria-label=t!("Rows with their cells")>
            {empty}
            <table class="sheetgrid" hidden=move || rows.with(Vec::is_empty)>
                <thead>
                    <tr>
                        <th class="rn" scope="col"><span class="sr-only">{t!("Row")}</span></th>
                        {heads}
                        <th scope="col">{t!("What happens")}</th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || rows.get() key=fingerprint let:row>
                        <GridRow sheet look row columns=columns.get_untracked() key=key.get_untracked()/>
                    </For>
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A row is drawn anew when anything about it changes.
fn fingerprint(row: &ImportRow) -> Vec<u8> {
    row.encode_to_vec()
}

#[component]
fn GridRow(sheet: Sheet, look: Look, row: ImportRow, columns: Vec<ImportColumn>, key: String) -> impl IntoView {
    let number = row.row;
    let class = match (row.dropped, row.problems.is_empty(), row.fate()) {
        (true, ..) => "is-dropped",
        (false, false, _) => "has-bad",
        (false, true, ImportRowFate::Update | ImportRowFate::Unchanged) => "has-known",
        _ => "",
    };
    let finds = class == "has-known";
    let dropped = row.dropped;
    let subject = untrack(|| sheet.noun()).subject;
    let cells = columns
        .iter()
        .map(|column| {
            let text = usize::try_from(column.index).ok().and_then(|at| row.cells.get(at)).cloned().unwrap_or_default();
            let problem = row.problems.iter().find(|problem| problem.column == column.index && !dropped).cloned();
            let title = groups::title(subject, column.index, &columns);
            let known = finds && column.field == key;
            view! { <Cell sheet look at=(number, column.index) title text problem known locked=dropped/> }
        })
        .collect_view();
    let whole = row.problems.iter().find(|problem| problem.column < 0 && !dropped).cloned();
    view! {
        <tr class=class>
            <RowHead sheet look number whole/>
            {cells}
            <td class="imp-fate"><Fate sheet row/></td>
        </tr>
    }
    .into_any()
}

/// The number of the row; a button when the row as a whole has a problem.
#[component]
fn RowHead(sheet: Sheet, look: Look, number: i32, whole: Option<ImportProblem>) -> impl IntoView {
    let Some(problem) = whole else {
        return view! { <th scope="row" class="rn">{number}</th> }.into_any();
    };
    let at = (number, -1);
    let editing = Memo::new(move |_| look.editing.get() == Some(at));
    let message = problem.message.clone();
    view! {
        <th scope="row" class="rn" class:is-editing=editing>
            <button type="button" class="cell-button" title=message.clone() on:click=move |_| look.editing.set(Some(at))>
                <Icon glyph=glyphs::TRIANGLE_EXCLAMATION/>
                {number}
                <span class="sr-only">{message.clone()}</span>
            </button>
            <Show when=move || editing.get()>
                <Editor sheet look at title=t!("row") text="" problem=Some(problem.clone())/>
            </Show>
        </th>
    }
    .into_any()
}

#[component]
fn Cell(
    sheet: Sheet,
    look: Look,
    at: (i32, i32),
    title: String,
    text: String,
    problem: Option<ImportProblem>,
    /// Its value finds an existing record.
    known: bool,
    locked: bool,
) -> impl IntoView {
    let editing = Memo::new(move |_| look.editing.get() == Some(at));
    let sending = Memo::new(move |_| sheet.sending.with(|sending| sending.get(&at).cloned()));
    let open = move || {
        if !locked && !editing.get_untracked() {
            look.editing.set(Some(at));
        }
    };
    let class = match (&problem, known) {
        (Some(_), _) => "cell-bad",
        (None, true) => "cell-known",
        (None, false) => "",
    };
    let (cell, message) = (text.clone(), problem.as_ref().map(|problem| problem.message.clone()));
    let shown = move || match (sending.get(), &message) {
        (Some(text), _) => view! { <CellText text known/> }.into_any(),
        (None, Some(message)) => view! { <BadCell text=cell.clone() message=message.clone()/> }.into_any(),
        (None, None) => view! { <CellText text=cell.clone() known/> }.into_any(),
    };
    view! {
        <td
            class=class
            class:is-wanted=move || look.only.get() == Some(at.1)
            class:is-editing=editing
            class:is-sending=move || sending.with(Option::is_some)
            on:click=move |_| open()
            on:keydown=move |event| {
                if event.key() == "Delete" && !editing.get_untracked() && !locked {
                    event.prevent_default();
                    sheet.fix(at.0, at.1, String::new());
                }
            }
        >
            {move || {
                if editing.get() {
                    view! { <Editor sheet look at title=title.clone() text=text.clone() problem=problem.clone()/> }.into_any()
                } else {
                    shown()
                }
            }}
        </td>
    }
    .into_any()
}

#[component]
fn CellText(text: String, known: bool) -> impl IntoView {
    match (text.is_empty(), known) {
        (true, _) => view! { <span class="muted">{t!("empty")}</span> }.into_any(),
        (false, true) => view! {
            <span class="row gap-1">
                <span class="truncate grow">{text}</span>
                <Icon glyph=glyphs::CODE_MERGE/>
                <span class="sr-only">{t!("finds a record")}</span>
            </span>
        }
        .into_any(),
        (false, false) => text.into_any(),
    }
}

#[component]
fn BadCell(text: String, message: String) -> impl IntoView {
    let shown = if text.is_empty() { view! { <span class="muted">{t!("empty")}</span> }.into_any() } else { text.into_any() };
    view! {
        <button type="button" class="cell-button" title=message.clone()>
            <span class="truncate grow">{shown}</span>
            <Icon glyph=glyphs::TRIANGLE_EXCLAMATION/>
            <span class="sr-only">{message.clone()}</span>
        </button>
    }
}

/// What becomes of the row.
#[component]
fn Fate(sheet: Sheet, row: ImportRow) -> impl IntoView {
    let number = row.row;
    if row.dropped {
        return view! {
            <button type="button" class="btn btn-ghost btn-sm" on:click=move |_| sheet.drop_row(number, false)>
                <Icon glyph=glyphs::ROTATE_LEFT/>
                {t!("Left out, keep it")}
            </button>
        }
        .into_any();
    }
    match row.fate() {
        ImportRowFate::Create => view! { <Status tone=Tone::Success glyph=glyphs::PLUS text=t!("New")/> }.into_any(),
        ImportRowFate::Update => view! { <Status tone=Tone::Warning glyph=glyphs::CODE_MERGE text=t!("Updates")/> }.into_any(),
        ImportRowFate::Unchanged => view! { <Status glyph=glyphs::CHECK text=t!("Same already")/> }.into_any(),
        ImportRowFate::Blocked => {
            view! { <Status tone=Tone::Danger glyph=glyphs::TRIANGLE_EXCLAMATION text=t!("To decide")/> }.into_any()
        }
        ImportRowFate::Unspecified => ().into_any(),
    }
}
