//! All imports of the company, newest first: drafts to go on with, runs to watch, results to look up.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, ImportState, import_service_client::ImportServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::use_api,
    badge::Status,
    browser,
    button::{Kind, LinkButton},
    empty::EmptyState,
    format::{When, number},
    icon::glyphs,
    layout::use_page,
    live::{Heard, use_live},
    load::{Load, Loaded},
};

use super::import::words;
use crate::{
    api::{address, may},
    parts::directory::{Directory, Person, use_directory},
};

/// How often the list is read while an import runs.
const LOOK_MS: u32 = 2_000;

#[component]
pub fn ImportsPage() -> impl IntoView {
    let page = use_page("Import").flush();
    let directory = use_directory();
    let imports = use_imports();
    Effect::new(move |_| {
        // Before the first import the page itself has the button.
        let count = imports.with(|all| all.map_or(0, Vec::len));
        page.count.set(if count == 0 { String::new() } else { number::count(count as i64) });
        page.actions.set((count > 0 && may("import.run")).then(|| ViewFn::from(|| view! { <NewImport/> })));
    });
    view! {
        <Loaded load=imports what="Imports" let:list>
            {if list.is_empty() {
                view! { <NoImports/> }.into_any()
            } else {
                view! { <ImportTable list directory/> }.into_any()
            }}
        </Loaded>
    }
}

#[component]
fn NewImport() -> impl IntoView {
    view! {
        <LinkButton href=address("imports/new") kind=Kind::Primary glyph=glyphs::FILE_IMPORT>"New import"</LinkButton>
    }
}

fn use_imports() -> Load<Vec<pb::Import>> {
    let api = use_api();
    let imports = Load::new(move || async move {
        let call = async |transport, request| ImportServiceClient::new(transport).list_imports(request).await;
        Ok(api.read(pb::ListImportsRequest {}, call).await?.imports)
    });
    use_live(move |heard| match heard {
        // While one runs, the list is read every other second anyway.
        Heard::Change(change) if change.entity == "import" && !runs(imports) => imports.reload(),
        Heard::Reset => imports.reload(),
        Heard::Change(_) => {}
    });
    let alive = StoredValue::new(());
    spawn_local(async move {
        while alive.try_get_value().is_some() {
            // A slow answer is waited for; asking again would drop it.
            if runs(imports) && !imports.loading().get_untracked() {
                imports.reload();
            }
            browser::sleep_ms(LOOK_MS).await;
        }
    });
    imports
}

fn runs(imports: Load<Vec<pb::Import>>) -> bool {
    let at_work = |import: &pb::Import| matches!(import.state(), ImportState::Running | ImportState::Undoing);
    imports.get_untracked().is_some_and(|all| all.iter().any(at_work))
}

#[component]
fn NoImports() -> impl IntoView {
    let actions = ViewFn::from(|| {
        view! {
            <LinkButton href=address("imports/new") kind=Kind::Primary>"Choose a CSV file"</LinkButton>
            <LinkButton href=address("customers")>"Add customers by hand"</LinkButton>
        }
    });
    view! {
        <EmptyState
            title="Bring your customers in"
            text="A CSV file from a spreadsheet or another program becomes customers and contacts. You see every row before anything is written, and can undo it all."
            actions
        />
    }
}

#[component]
fn ImportTable(list: Vec<pb::Import>, directory: Directory) -> impl IntoView {
    let rows = list.into_iter().map(|import| view! { <ImportRow import directory/> }).collect_view();
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label="Imports">
            <table class="table cards-on-phone imports-table">
                <thead>
                    <tr>
                        <th scope="col">"File"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="num">"Rows"</th>
                        <th scope="col">"Result"</th>
                        <th scope="col">"By"</th>
                        <th scope="col">"Begun"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn ImportRow(import: pb::Import, directory: Directory) -> impl IntoView {
    let (tone, glyph, text) = words::state(&import);
    let result = words::result(&import);
    let running = import.state() == ImportState::Running;
    let (done, all) = (import.done_rows, import.total_rows.max(1));
    let meter = running.then(|| {
        view! { <progress class="import-progress" max=all.to_string() prop:value=f64::from(done) aria-label="Rows imported"></progress> }
    });
    let rows = if import.total_rows == 0 { "–".to_owned() } else { number::count(import.total_rows.into()) };
    let at = import.created_at;
    view! {
        <tr class="is-row">
            <td data-p="a"><a class="cell-main" href=address(&format!("imports/{}", import.id))>{import.file_name}</a></td>
            <td data-p="b"><Status tone glyph text/></td>
            <td class="num">{rows}</td>
            <td data-p="c" class="soft">{meter}{result}</td>
            <td><Person directory id=import.created_by/></td>
            <td data-p="d" class="soft"><When at=Signal::derive(move || at)/></td>
        </tr>
    }
    .into_any()
}
