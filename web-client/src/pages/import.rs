//! One import from file to rows: upload, map columns, check, run, done. It can be left at any step and found again.

mod check_step;
mod editor;
mod fields;
mod file_step;
mod format_fields;
mod grid;
mod groups;
mod map_step;
mod run_step;
mod sheet;
mod steps;
pub mod subject;
mod upload;
pub mod words;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use streamflow_proto::client::v1::{Import, ImportState};
use web_kit::{
    button::{Kind, LinkButton},
    empty::EmptyState,
    error_panel::ErrorPanel,
    format::number,
    icon::{Icon, glyphs},
    layout::use_page,
    live::{Heard, use_live},
    skeleton::{Delayed, SkeletonLines},
};

use self::{
    check_step::CheckStep,
    file_step::{ChooseFile, FileStep},
    map_step::MapStep,
    run_step::{DoneStep, RunStep},
    sheet::Sheet,
    steps::{Step, Steps},
};
use crate::api::{address, may};

/// Stands in the address for an import that is yet to begin.
const NEW: &str = "new";

#[component]
pub fn ImportPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|map| map.get("id").unwrap_or_default()));
    move || {
        let id = id.get();
        if id == NEW { view! { <NewImport/> }.into_any() } else { view! { <OldImport id/> }.into_any() }
    }
}

#[component]
fn NewImport() -> impl IntoView {
    use_page(t!("New import")).flush().with_parent(t!("Import"), address("imports"));
    let query = use_query_map();
    let what = query.with_untracked(|map| map.get("what").unwrap_or_default());
    if !may("import.run") {
        let actions =
            || view! { <LinkButton href=address("dashboard") kind=Kind::Primary>{t!("Go to the dashboard")}</LinkButton> };
        return view! {
            <EmptyState
                title=t!("Owners and managers import files")
                text=t!("Ask one of them to bring your list in.")
                actions
            />
        }
        .into_any();
    }
    view! {
        <div class="filterbar import-bar"><Steps now=Step::Upload/></div>
        <div class="import-scroll"><ChooseFile subject=subject::named(&what)/></div>
    }
    .into_any()
}

#[component]
fn OldImport(id: String) -> impl IntoView {
    let page = use_page(t!("Import")).flush().with_parent(t!("Import"), address("imports"));
    let sheet = Sheet::open(id);
    run_step::follow(sheet);
    use_live(move |heard| {
        let news = match heard {
            Heard::Change(change) => change.entity == "import" && change.id == sheet.id(),
            Heard::Reset => true,
        };
        // An open draft is what this page itself changes.
        if news && !matches!(untrack(|| sheet.state()), ImportState::Mapping | ImportState::Review | ImportState::Uploading) {
            sheet.reload();
        }
    });
    let step = Memo::new(move |_| {
        let remapping = sheet.remapping.get();
        sheet.import.with(|import| import.as_ref().map(|import| Step::of(import.state(), import.total_rows, remapping)))
    });
    let is_draft = move || step.get().is_some_and(|step| step < Step::Run);
    page.actions.set(Some(ViewFn::from(move || {
        let label = if is_draft() { t!("Leave, keep as draft") } else { t!("All imports") };
        view! { <LinkButton href=address("imports") kind=Kind::Ghost>{label}</LinkButton> }
    })));
    Effect::new(move |_| {
        if let Some(name) = sheet.import.with(|import| import.as_ref().map(|import| import.file_name.clone())) {
            page.title.set(name);
        }
    });
    // Drawn anew only when the step changes: what is being typed or timed in it must not begin again.
    let shown = Memo::new(move |_| (step.get(), if step.get().is_none() { sheet.unreadable.get() } else { None }));
    let body = move || match shown.get() {
        (None, Some(error)) => view! { <ErrorPanel what=t!("This import") error on_retry=move |()| sheet.reload()/> }.into_any(),
        (None, None) => view! { <div class="import-file"><Delayed><SkeletonLines/></Delayed></div> }.into_any(),
        (Some(Step::Upload), _) => view! { <div class="import-scroll"><FileStep sheet/></div> }.into_any(),
        (Some(Step::Map), _) => view! { <MapStep sheet/> }.into_any(),
        (Some(Step::Check), _) => view! { <CheckStep sheet/> }.into_any(),
        (Some(Step::Run), _) => view! { <div class="import-scroll"><RunStep sheet/></div> }.into_any(),
        (Some(Step::Done), _) => view! { <div class="import-scroll"><DoneStep sheet/></div> }.into_any(),
    };
    view! {
        <div class="filterbar import-bar">
            <Steps now=Signal::derive(move || step.get().unwrap_or(Step::Upload))/>
            <span class="push muted not-phone row">
                {move || sheet.import.with(|import| import.as_ref().map(file_words)).map(|text| view! { <Icon glyph=glyphs::FILE_CSV/>{text} })}
            </span>
        </div>
        {body}
    }
    .into_any()
}

/// "Leads, 1,232 rows, 84 kB".
fn file_words(import: &Import) -> String {
    let (what, size) = (t!(subject::of(import).heading), number::bytes(import.file_size));
    match import.total_rows {
        0 => format!("{what}, {size}"),
        rows => n!(rows.into(), "{what}, {count} row, {size}", "{what}, {count} rows, {size}", what, size),
    }
}
