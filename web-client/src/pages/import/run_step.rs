//! Fourth and fifth step: the run, which goes on by itself, and what came of it.

use std::rc::Rc;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, ImportState, import_service_client::ImportServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    browser,
    button::{Button, Kind, LinkButton},
    dialog::ConfirmDialog,
    error_panel::ErrorNote,
    format::{self, number},
    icon::{Icon, glyphs},
};

use super::{sheet::Sheet, subject, words};
use crate::api::address;

/// How often the progress is asked for.
const LOOK_MS: u32 = 1_000;

/// Asks again and again while the server works on the import.
pub fn follow(sheet: Sheet) {
    let alive = StoredValue::new(());
    spawn_local(async move {
        while alive.try_get_value().is_some() {
            if matches!(untrack(|| sheet.state()), ImportState::Running | ImportState::Undoing) {
                sheet.read().await;
            }
            browser::sleep_ms(LOOK_MS).await;
        }
    });
}

#[component]
pub fn RunStep(sheet: Sheet) -> impl IntoView {
    let import = move || sheet.import.get().unwrap_or_default();
    let start =
        StoredValue::new((browser::now(), sheet.import.with_untracked(|one| one.as_ref().map_or(0, |one| one.done_rows))));
    let words = move || {
        let import = import();
        let done = n!(
            import.total_rows.into(),
            "{done} of {count} row",
            "{done} of {count} rows",
            done = number::count(import.done_rows.into())
        );
        match left(&import, start.get_value(), browser::now()) {
            Some(seconds) => t!("{done}, about {time} left", done, time = number::duration(seconds)),
            None => done,
        }
    };
    view! {
        <div class="import-file">
            <section class="card card-body stack gap-3" aria-label=t!("Progress")>
                <div class="row">
                    <span class="medium">{t!("Importing")}</span>
                    <span class="push muted tnum" role="status">{words}</span>
                </div>
                <progress
                    class="import-progress"
                    max=move || import().total_rows.max(1).to_string()
                    prop:value=move || f64::from(import().done_rows)
                    aria-label=t!("Rows imported")
                ></progress>
                <Counts import=Signal::derive(import)/>
                <p class="muted t-12">{t!("You can leave this page or close it. The import goes on, and you find it again under Import.")}</p>
            </section>
        </div>
    }
    .into_any()
}

/// Seconds to go at the pace since this page was opened; none before there is a pace.
fn left(import: &pb::Import, (since, done_then): (i64, i32), now: i64) -> Option<i64> {
    let (done, passed) = (i64::from(import.done_rows - done_then), now - since);
    let to_do = i64::from(import.total_rows - import.done_rows);
    (done > 0 && passed >= 3 && to_do > 0).then(|| (to_do * passed + done - 1) / done)
}

#[component]
fn Counts(#[prop(into)] import: Signal<pb::Import>) -> impl IntoView {
    let has_contacts = import.with_untracked(|import| subject::of(import).kind == pb::RecordKind::Customer);
    let figure = |label: &'static str, count: fn(&pb::Import) -> i32| {
        let count = move || import.with(count);
        view! {
            <div class="stat">
                <div class="stat-label">{label}</div>
                <div class="stat-value" class:muted=move || count() == 0>{move || number::count(count().into())}</div>
            </div>
        }
    };
    view! {
        <div class="stats import-counts" class:has-contacts=has_contacts>
            {figure(t!("Added"), |import| import.created)}
            {figure(t!("Updated"), |import| import.updated)}
            {figure(t!("Same already"), |import| import.unchanged)}
            {figure(t!("Left out"), |import| import.skipped)}
            {has_contacts.then(|| figure(t!("Contacts added"), |import| import.contacts_created))}
        </div>
    }
    .into_any()
}

#[component]
pub fn DoneStep(sheet: Sheet) -> impl IntoView {
    let import = Signal::derive(move || sheet.import.get().unwrap_or_default());
    let refused = RwSignal::new(None::<ApiError>);
    let asking = RwSignal::new(false);
    let head = move || {
        let import = import.get();
        let (tone, glyph, text) = match import.state() {
            ImportState::Failed => ("is-danger", glyphs::CIRCLE_XMARK, failed_text(&import)),
            ImportState::Undoing => {
                ("is-warning", glyphs::ROTATE_LEFT, t!("Being undone. You can leave this page; it goes on.").to_owned())
            }
            ImportState::Undone => ("", glyphs::ROTATE_LEFT, undone_text(&import)),
            _ => ("is-success", glyphs::CIRCLE_CHECK, done_text(&import)),
        };
        view! { <div class=format!("note {tone}") role="status"><Icon glyph/><span>{text}</span></div> }
    };
    view! {
        <div class="import-file">
            {head}
            {move || refused.get().map(|error| view! { <ErrorNote error/> })}
            <Show when=move || import.with(|import| !matches!(import.state(), ImportState::Undone | ImportState::Undoing))>
                <Counts import/>
            </Show>
            <Ways sheet refused asking/>
            <UndoDialog sheet refused asking/>
        </div>
    }
    .into_any()
}

fn done_text(import: &pb::Import) -> String {
    let when = format::moment(import.finished_at.as_ref());
    t!(
        "“{file_name}” is imported ({many}), finished {when}.",
        file_name = import.file_name,
        many = t!(subject::of(import).many),
        when
    )
}

fn failed_text(import: &pb::Import) -> String {
    let so_far = n!(
        import.total_rows.into(),
        "It stopped after {done} of {count} row; what was written until then is kept.",
        "It stopped after {done} of {count} rows; what was written until then is kept.",
        done = number::count(import.done_rows.into())
    );
    t!("The import of “{file_name}” failed. {failure} {so_far}", file_name = import.file_name, failure = import.failure, so_far)
}

fn undone_text(import: &pb::Import) -> String {
    match import.skipped {
        0 => t!("This import was undone: everything it added and changed is taken back.").to_owned(),
        kept => n!(
            kept.into(),
            "This import was undone. {count} record was kept, because people worked with them since.",
            "This import was undone. {count} records were kept, because people worked with them since."
        ),
    }
}

#[component]
fn Ways(sheet: Sheet, refused: RwSignal<Option<ApiError>>, asking: RwSignal<bool>) -> impl IntoView {
    let busy = RwSignal::new(false);
    let act = StoredValue::new_local(Rc::new(Act::default()));
    let go_on = move |_| {
        let request = pb::RunImportRequest { import_id: sheet.id(), skip_problem_rows: true };
        let act = act.get_value();
        busy.set(true);
        spawn_local(async move {
            let call = async |transport, request| ImportServiceClient::new(transport).run_import(request).await;
            let answer = use_api().write(&act, request, call).await;
            if busy.try_set(false).is_none() {
                settle(sheet, refused, answer.map(|reply| reply.import));
            }
        });
    };
    move || {
        let import = sheet.import.get().unwrap_or_default();
        let (noun, wrote) = (subject::of(&import), import.done_rows > 0);
        let resumes = import.state() == ImportState::Failed && import.done_rows < import.total_rows;
        let undo = matches!(import.state(), ImportState::Done | ImportState::Failed) && wrote;
        view! {
            <div class="row row-wrap">
                {resumes
                    .then(|| {
                        view! {
                            <Button kind=Kind::Primary glyph=glyphs::ROTATE_RIGHT busy on_click=go_on>
                                {t!("Go on from row {done_rows}", done_rows = import.done_rows + 1)}
                            </Button>
                        }
                    })}
                {(!resumes)
                    .then(|| {
                        view! { <LinkButton href=address(noun.many) kind=Kind::Primary>{t!("See the {many}", many = t!(noun.many))}</LinkButton> }
                    })}
                <LinkButton href=noun.begin()>{t!("Import another file")}</LinkButton>
                {undo
                    .then(|| {
                        view! {
                            <Button kind=Kind::DangerQuiet glyph=glyphs::ROTATE_LEFT on_click=move |_| asking.set(true)>
                                {t!("Undo this import")}
                            </Button>
                        }
                    })}
            </div>
        }
    }
}

#[component]
fn UndoDialog(sheet: Sheet, refused: RwSignal<Option<ApiError>>, asking: RwSignal<bool>) -> impl IntoView {
    let busy = RwSignal::new(false);
    let act = StoredValue::new_local(Rc::new(Act::default()));
    let undo = move |()| {
        let request = pb::UndoImportRequest { import_id: sheet.id() };
        let act = act.get_value();
        busy.set(true);
        spawn_local(async move {
            let call = async |transport, request| ImportServiceClient::new(transport).undo_import(request).await;
            let answer = use_api().write(&act, request, call).await;
            if busy.try_set(false).is_none() {
                asking.set(false);
                settle(sheet, refused, answer.map(|reply| reply.import));
            }
        });
    };
    let sentence = move || {
        let import = sheet.import.get().unwrap_or_default();
        format!("{}.", words::result(&import))
    };
    view! {
        <ConfirmDialog open=asking title=t!("Undo this import?") action=t!("Undo the import") busy on_confirm=undo>
            <p>
                {t!("So far: ")}{sentence}
                {move || {
                    t!(" What it added is removed, and what it changed gets its old values back. Those {many} that people have worked with since are kept as they are now.", many = t!(sheet.noun().many))
                }}
            </p>
            <p class="soft">{t!("To have it again afterwards, the file is imported anew.")}</p>
        </ConfirmDialog>
    }
}

fn settle(sheet: Sheet, refused: RwSignal<Option<ApiError>>, answer: Result<Option<pb::Import>, ApiError>) {
    match answer {
        Ok(import) => {
            refused.set(None);
            sheet.take(import);
        }
        Err(error) => {
            refused.set(Some(error));
            sheet.reload();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_told_once_there_is_a_pace() {
        let import = pb::Import { done_rows: 300, total_rows: 1_000, ..pb::Import::default() };
        assert_eq!(left(&import, (100, 100), 110), Some(35));
        assert_eq!(left(&import, (100, 300), 110), None);
        assert_eq!(left(&import, (100, 100), 101), None);
    }
}
