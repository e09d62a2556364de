//! All imports of the company, newest first: drafts to go on with, runs to watch, results to look up.

use std::sync::Arc;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, ImportState, import_service_client::ImportServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{error::ApiError, use_api},
    badge::Status,
    browser,
    button::{Button, Kind, LinkButton},
    empty::EmptyState,
    error_panel::{ErrorNote, ErrorPanel},
    format::{When, number},
    icon::glyphs,
    layout::use_page,
    list::rows::{Page, Rows},
    live::{Heard, Op, use_live},
    skeleton::{Delayed, SkeletonLines},
};

use super::import::{subject, words};
use crate::{
    api::{address, may},
    parts::directory::{Directory, Person, use_directory},
};

/// How often the list is read while an import runs.
const LOOK_MS: u32 = 2_000;
const PAGE: i32 = 50;

#[component]
pub fn ImportsPage() -> impl IntoView {
    let page = use_page(t!("Import")).flush();
    let directory = use_directory();
    let rows = use_imports();
    Effect::new(move |_| {
        // Before the first import the page itself has the button.
        let count = rows.count();
        let known = rows.is_ready() && !rows.has_more() && count > 0;
        page.count.set(if known { number::count(count as i64) } else { String::new() });
        page.actions.set((count > 0 && may("import.run")).then(|| ViewFn::from(|| view! { <NewImport/> })));
    });
    let note = move || rows.error.get().map(|error| view! { <ErrorNote error on_retry=move |()| rows.retry()/> });
    // Drawn anew only when it is another thing that is shown: a row that changes is drawn by the table.
    let shown = Memo::new(move |_| (rows.is_ready(), rows.count() == 0));
    let failed = Memo::new(move |_| rows.error.get().filter(|_| !rows.is_ready()));
    move || match (shown.get(), failed.get()) {
        ((false, _), Some(error)) => view! { <ErrorPanel what=t!("Imports") error on_retry=move |()| rows.retry()/> }.into_any(),
        ((false, _), None) => view! { <Delayed><SkeletonLines/></Delayed> }.into_any(),
        ((true, true), _) => view! { <NoImports/> }.into_any(),
        ((true, false), _) => view! {
            {note}
            <ImportTable rows directory/>
        }
        .into_any(),
    }
}

#[component]
fn NewImport() -> impl IntoView {
    view! {
        <LinkButton href=address("imports/new") kind=Kind::Primary glyph=glyphs::FILE_IMPORT>{t!("New import")}</LinkButton>
    }
}

async fn list(page_token: String) -> Result<Page<pb::Import>, ApiError> {
    let request = pb::ListImportsRequest { page_size: PAGE, page_token };
    let call = async |transport, request| ImportServiceClient::new(transport).list_imports(request).await;
    let reply = use_api().read(request, call).await?;
    let next_page_token = reply.page.unwrap_or_default().next_page_token;
    Ok(Page { rows: reply.imports, next_page_token, total: None })
}

fn use_imports() -> Rows<pb::Import> {
    let rows = Rows::new(|import: &pb::Import| import.id.clone(), list);
    use_live(move |heard| match heard {
        Heard::Change(change) if change.entity == "import" && change.op() == Op::Deleted => drop(rows.remove(&change.id)),
        Heard::Change(change) if change.entity == "import" => spawn_local(renew(rows)),
        Heard::Change(_) => {}
        Heard::Reset => rows.reload(),
    });
    let alive = StoredValue::new(());
    spawn_local(async move {
        while alive.try_get_value().is_some() {
            if runs(rows) {
                renew(rows).await;
            }
            browser::sleep_ms(LOOK_MS).await;
        }
    });
    rows
}

/// Takes over what the newest imports are now; those of further pages stay as they are.
async fn renew(rows: Rows<pb::Import>) {
    // The next look will tell.
    let Ok(page) = list(String::new()).await else { return };
    if rows.loading.try_get_untracked() != Some(false) {
        return;
    }
    for import in page.rows.into_iter().rev() {
        if rows.has(&import.id) {
            rows.replace(import);
        } else {
            rows.insert_first(import);
        }
    }
}

fn runs(rows: Rows<pb::Import>) -> bool {
    let at_work = |import: &Arc<pb::Import>| matches!(import.state(), ImportState::Running | ImportState::Undoing);
    rows.with_untracked(|all| all.iter().any(at_work))
}

#[component]
fn NoImports() -> impl IntoView {
    let actions = ViewFn::from(|| {
        view! {
            <LinkButton href=address("imports/new") kind=Kind::Primary>{t!("Choose a CSV file")}</LinkButton>
            <LinkButton href=address("customers")>{t!("Add customers by hand")}</LinkButton>
        }
    });
    view! {
        <EmptyState
            title=t!("Bring your customers and leads in")
            text=t!("A CSV file from a spreadsheet or another program becomes customers with their contacts, or leads. You see every row before anything is written, and can undo it all.")
            actions
        />
    }
}

#[component]
fn ImportTable(rows: Rows<pb::Import>, directory: Directory) -> impl IntoView {
    let lines = move || {
        let all = rows.get();
        all.into_iter().map(|import| view! { <ImportRow import=(*import).clone() directory/> }).collect_view()
    };
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t!("Imports")>
            <table class="table cards-on-phone imports-table">
                <thead>
                    <tr>
                        <th scope="col">{t!("File")}</th>
                        <th scope="col">{t!("What")}</th>
                        <th scope="col">{t!("State")}</th>
                        <th scope="col" class="num">{t!("Rows")}</th>
                        <th scope="col">{t!("Result")}</th>
                        <th scope="col">{t!("By")}</th>
                        <th scope="col">{t!("Begun")}</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
            <Show when=move || rows.has_more()>
                <div class="panel-section">
                    <Button busy=rows.loading on_click=move |_| rows.more()>{t!("Show older imports")}</Button>
                </div>
            </Show>
        </div>
    }
    .into_any()
}

#[component]
fn ImportRow(import: pb::Import, directory: Directory) -> impl IntoView {
    let (tone, glyph, text) = words::state(&import);
    let result = words::result(&import);
    let what = subject::of(&import).heading;
    let running = import.state() == ImportState::Running;
    let (done, all) = (import.done_rows, import.total_rows.max(1));
    let meter = running.then(|| {
        view! { <progress class="import-progress" max=all.to_string() prop:value=f64::from(done) aria-label=t!("Rows imported")></progress> }
    });
    let rows = if import.total_rows == 0 { "–".to_owned() } else { number::count(import.total_rows.into()) };
    let at = import.created_at;
    view! {
        <tr class="is-row">
            <td data-p="a"><a class="cell-main" href=address(&format!("imports/{}", import.id))>{import.file_name}</a></td>
            <td data-p="e" class="soft">{what}</td>
            <td data-p="b"><Status tone glyph text/></td>
            <td class="num">{rows}</td>
            <td data-p="c" class="soft">{meter}{result}</td>
            <td><Person directory id=import.created_by/></td>
            <td data-p="d" class="soft"><When at=Signal::derive(move || at)/></td>
        </tr>
    }
    .into_any()
}
