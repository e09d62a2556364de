//! Everything of the company as one file: asked for, watched, downloaded.

use std::time::Duration;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, OrgExportState, org_data_service_client::OrgDataServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    button::{Button, Kind},
    empty::EmptyState,
    error_panel::ErrorNote,
    format::{moment, number},
    icon::glyphs,
    live::{Heard, use_live},
    load::{Load, Loaded, look_again},
};

use super::closing::Close;
use crate::parts::download;

/// What the rows need.
#[derive(Clone, Copy)]
struct Exports {
    list: Load<Vec<pb::OrgExport>>,
    problem: RwSignal<Option<ApiError>>,
    /// The one being downloaded, and how much of it is here.
    coming: RwSignal<Option<(String, i64)>>,
}

async fn exports() -> Result<Vec<pb::OrgExport>, ApiError> {
    let call = async |transport, request| OrgDataServiceClient::new(transport).list_exports(request).await;
    Ok(use_api().read(pb::ListExportsRequest {}, call).await?.exports)
}

/// How often an export that is being written is asked after: a suspended company hears no changes.
const ASK_EVERY: Duration = Duration::from_secs(5);

#[component]
pub fn Data() -> impl IntoView {
    let list = Load::new(exports);
    let all = Exports { list, problem: RwSignal::new(None), coming: RwSignal::new(None) };
    let runs = |export: &pb::OrgExport| export.state() == OrgExportState::Running;
    look_again(ASK_EVERY, move || {
        if list.get_untracked().is_some_and(|all| all.iter().any(runs)) {
            list.reload();
        }
    });
    use_live(move |heard| match heard {
        Heard::Change(change) if change.entity == "org_export" => list.reload(),
        Heard::Reset => list.reload(),
        Heard::Change(_) => {}
    });
    let starting = RwSignal::new(false);
    let start = move |_| start(all, starting);
    view! {
        {move || all.problem.get().map(|error| view! { <ErrorNote error/> })}
        <section class="card" aria-labelledby="data-head">
            <div class="card-head">
                <h2 id="data-head">{t!("Export of all data")}</h2>
                <span class="grow"></span>
                <Button small=true glyph=glyphs::FILE_EXPORT busy=starting on_click=start>{t!("Start export")}</Button>
            </div>
            <div class="card-body">
                <p class="soft">
                    {t!("A ZIP file with every record, its history and the audit of your company, one file for each table. Fields that are \
                     encrypted here are in the clear there, so keep it safe. It can be downloaded for seven days.")}
                </p>
            </div>
            <Loaded load=list what=t!("Exports") let:found>
                {if found.is_empty() {
                    view! { <EmptyState title=t!("No export yet") text=t!("Start one, and it stands here for seven days.")/> }.into_any()
                } else {
                    let rows = found.into_iter().map(|export| view! { <Row export all/> }).collect_view();
                    view! { <ul class="list">{rows}</ul> }.into_any()
                }}
            </Loaded>
        </section>
        <Close/>
    }
    .into_any()
}

#[component]
fn Row(export: pb::OrgExport, all: Exports) -> impl IntoView {
    let is_there = export.state() == OrgExportState::Done;
    let title = t!("{created_at} by {asked_by}", created_at = moment(export.created_at.as_ref()), asked_by = export.asked_by);
    let about = words(&export, &moment(export.expires_at.as_ref()));
    let id = StoredValue::new(export.id.clone());
    let label = t!("Download the export of {created_at}", created_at = moment(export.created_at.as_ref()));
    let busy =
        Signal::derive(move || all.coming.with(|coming| coming.as_ref().is_some_and(|(coming, _)| *coming == id.get_value())));
    let so_far = move || all.coming.get().filter(|(coming, _)| *coming == id.get_value()).map(|(_, size)| number::bytes(size));
    view! {
        <li>
            <div class="grow">
                <div class="medium truncate">{title}</div>
                <div class="t-12 muted">{about}</div>
            </div>
            <span class="t-12 muted num" role="status">{so_far}</span>
            {is_there.then(|| view! {
                <Button small=true kind=Kind::Quiet busy on_click=move |_| begin(all, id.get_value())>
                    <span class="sr-only">{label}</span>
                    <span aria-hidden="true">{t!("Download")}</span>
                </Button>
            })}
        </li>
    }
    .into_any()
}

/// How far it is, or until when it is there.
fn words(export: &pb::OrgExport, until: &str) -> String {
    match export.state() {
        OrgExportState::Running => {
            t!(
                "Being written: {done} of {parts} parts, {rows}",
                done = export.tables_done,
                parts = export.tables,
                rows = n!(export.rows, "{count} row", "{count} rows")
            )
        }
        OrgExportState::Done => {
            t!(
                "{size}, {rows}, kept until {until}",
                size = number::bytes(export.bytes),
                rows = n!(export.rows, "{count} row", "{count} rows"),
                until
            )
        }
        OrgExportState::Failed => t!("Failed. Start another one.").to_owned(),
        OrgExportState::Expired => t!("Deleted after seven days").to_owned(),
        OrgExportState::Unspecified => String::new(),
    }
}

fn start(all: Exports, starting: RwSignal<bool>) {
    starting.set(true);
    spawn_local(async move {
        let call = async |transport, request| OrgDataServiceClient::new(transport).start_export(request).await;
        let answer = use_api().write(&Act::default(), pb::StartExportRequest {}, call).await;
        starting.try_set(false);
        if all.problem.try_set(answer.err()).is_none() {
            all.list.reload();
        }
    });
}

fn begin(all: Exports, export_id: String) {
    if all.coming.with_untracked(Option::is_some) {
        return;
    }
    all.coming.set(Some((export_id.clone(), 0)));
    spawn_local(async move {
        let answer = fetch(all, export_id).await;
        all.coming.try_set(None);
        all.problem.try_set(answer.err());
    });
}

async fn fetch(all: Exports, export_id: String) -> Result<(), ApiError> {
    let request = pb::DownloadExportRequest { export_id: export_id.clone() };
    let opened = OrgDataServiceClient::new(use_api().transport()).download_export(request).await;
    let name = ("company-export.zip", "application/zip");
    let so_far = move |size| drop(all.coming.try_set(Some((export_id.clone(), size))));
    download::save(opened, |piece: pb::DownloadExportResponse| piece.data, name, so_far).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_says_how_it_fares() {
        let export = |state: OrgExportState| pb::OrgExport {
            state: state.into(),
            tables_done: 3,
            tables: 31,
            rows: 1,
            bytes: 2_048,
            ..Default::default()
        };
        assert_eq!(words(&export(OrgExportState::Running), ""), "Being written: 3 of 31 parts, 1 row");
        assert!(words(&export(OrgExportState::Done), "4 Dec 2026").ends_with("1 row, kept until 4 Dec 2026"));
        assert_eq!(words(&export(OrgExportState::Expired), ""), "Deleted after seven days");
    }
}
