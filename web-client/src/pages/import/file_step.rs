//! First step: choose a file, watch it go up, or go on after it broke off.

use std::rc::Rc;

use leptos::{ev::DragEvent, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use streamflow_proto::client::v1::{Import, ImportState, ImportSubject};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError},
    button::{Kind, LinkButton},
    error_panel::ErrorNote,
    format::number,
    icon::{Icon, glyphs},
};
use web_sys::{File, HtmlInputElement};

use super::{
    sheet::Sheet,
    subject::{self, WhatIsInIt},
    upload::{self, Upload},
};
use crate::api::address;

/// A new import: nothing is on the server before a file is chosen. `subject` is what is chosen at first.
#[component]
pub fn ChooseFile(subject: ImportSubject) -> impl IntoView {
    let subject = RwSignal::new(subject);
    let refused = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let navigate = StoredValue::new_local(use_navigate());
    let act = StoredValue::new_local(Rc::new(Act::default()));
    let take = move |file: File| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        refused.set(None);
        let act = act.get_value();
        spawn_local(async move {
            let answer = upload::begin(&act, file, subject.get_untracked()).await;
            busy.try_set(false);
            match answer {
                Ok(import) => {
                    let to = address(&format!("imports/{}", import.id));
                    let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
                    navigate.try_with_value(|navigate| navigate(&to, options));
                }
                Err(error) => drop(refused.try_set(Some(error))),
            }
        });
    };
    view! {
        <div class="import-file">
            {move || refused.get().map(|error| view! { <ErrorNote error/> })}
            <WhatIsInIt chosen=subject disabled=busy/>
            <DropZone busy take=FileTaker::new(take) title=t!("Choose the CSV file")/>
            <ul class="import-hints soft t-12">
                <li>
                    {move || match subject.get() {
                        ImportSubject::Leads => {
                            t!("The first line names the columns. Stages and teams are written by name, owners and assignees by e-mail address.")
                        }
                        _ => t!("The first line names the columns. Customers and one contact each can stand in the same row."),
                    }}
                </li>
                <li>{t!("Commas, semicolons, tabs or bars; UTF-8 or Latin-1. Cells may hold line breaks in quotation marks, and NULL is read as empty.")}</li>
                <li>{t!("Up to 64 MiB and 200,000 rows. Nothing is written before you have seen what would happen.")}</li>
            </ul>
        </div>
    }
}

/// An import whose file is on its way, broke off, or could not be read.
#[component]
pub fn FileStep(sheet: Sheet) -> impl IntoView {
    let import = move || sheet.import.get().unwrap_or_default();
    view! {
        <div class="import-file">
            {move || match (import().state(), upload::running(&sheet.id())) {
                (ImportState::Failed, _) => view! { <Unreadable import=import()/> }.into_any(),
                (_, Some(upload)) => view! { <OnItsWay sheet upload/> }.into_any(),
                (_, None) => view! { <BrokeOff sheet import=import()/> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn OnItsWay(sheet: Sheet, upload: Upload) -> impl IntoView {
    let size = upload.size();
    let (sent, error, ended) = (upload.sent.clone(), upload.error.clone(), upload.ended.clone());
    Effect::new(move |_| {
        if ended.get() {
            sheet.reload();
        }
    });
    let sent = Signal::derive(move || sent.get());
    let retry = StoredValue::new_local(upload);
    let words = move || {
        if sent.get() >= size {
            t!("All there. The rows are being counted.").to_owned()
        } else {
            t!("{sent} of {size}", sent = number::bytes(sent.get()), size = number::bytes(size))
        }
    };
    view! {
        <section class="card card-body stack gap-3" aria-label=t!("Upload")>
            <div class="row">
                <Icon glyph=glyphs::FILE_CSV/>
                <span class="medium truncate">{sheet.import.with_untracked(|import| import.as_ref().map(|one| one.file_name.clone()))}</span>
                <span class="push muted tnum" role="status">{words}</span>
            </div>
            <progress class="import-progress" max=size.to_string() prop:value=move || sent.get() as f64 aria-label=t!("Uploaded")></progress>
            {move || {
                error
                    .get()
                    .map(|error| view! { <ErrorNote error on_retry=move |()| retry.with_value(Upload::go)/> })
            }}
            <p class="muted t-12">{t!("You can open other pages of StreamFlow; keep this tab open until the file is there.")}</p>
        </section>
    }
}

#[component]
fn BrokeOff(sheet: Sheet, import: Import) -> impl IntoView {
    let refused = RwSignal::new(None::<ApiError>);
    let size = import.file_size;
    let done = import.uploaded_bytes;
    let title = t!("Choose “{file_name}” again to go on", file_name = import.file_name);
    let take = move |file: File| match upload::resume(&import, file) {
        // Drawn anew: now the upload runs in this tab.
        Ok(()) => sheet.import.update(|_| ()),
        Err(error) => refused.set(Some(error)),
    };
    view! {
        <div class="note is-warning">
            <Icon glyph=glyphs::CLOUD_ARROW_UP/>
            <span>
                {t!("The upload is not finished: {done} of {size} are there. If another tab is still sending it, leave it to that.", done = number::bytes(done), size = number::bytes(size))}
            </span>
        </div>
        {move || refused.get().map(|error| view! { <ErrorNote error/> })}
        <DropZone busy=RwSignal::new(false) take=FileTaker::new(take) title/>
    }
}

#[component]
fn Unreadable(import: Import) -> impl IntoView {
    let again = subject::of(&import).begin();
    view! {
        <div class="note is-danger" role="alert">
            <Icon glyph=glyphs::CIRCLE_EXCLAMATION/>
            <span class="grow">
                <span class="medium">{t!("“{file_name}” can’t be imported. ", file_name = import.file_name)}</span>
                {import.failure}
                {t!(" Nothing was written.")}
            </span>
        </div>
        <div><LinkButton href=again kind=Kind::Primary>{t!("Choose another file")}</LinkButton></div>
    }
}

/// What is done with a chosen file. Wrapped, so that it can be a prop.
#[derive(Clone, Copy)]
struct FileTaker(StoredValue<Rc<dyn Fn(File)>, LocalStorage>);

impl FileTaker {
    fn new(take: impl Fn(File) + 'static) -> Self {
        Self(StoredValue::new_local(Rc::new(take)))
    }

    fn take(self, file: Option<File>) {
        if let (Some(take), Some(file)) = (self.0.try_get_value(), file) {
            take(file);
        }
    }
}

/// A place to drop a file on, and a button to choose one.
#[component]
fn DropZone(busy: RwSignal<bool>, take: FileTaker, #[prop(into)] title: String) -> impl IntoView {
    let over = RwSignal::new(false);
    let dropped = move |event: DragEvent| {
        event.prevent_default();
        over.set(false);
        take.take(event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0)));
    };
    let changed = move |event: web_sys::Event| {
        let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let file = field.as_ref().and_then(HtmlInputElement::files).and_then(|files| files.get(0));
        take.take(file);
        // The same file can be chosen again.
        if let Some(field) = field {
            field.set_value("");
        }
    };
    view! {
        <label
            class="drop"
            class:is-over=over
            on:dragover=move |event| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=dropped
        >
            <span class="drop-icon"><Icon glyph=glyphs::FILE_CSV/></span>
            <span class="t-14">{title}</span>
            <span class="soft">{t!("Drop it here, or choose it from this device.")}</span>
            <span class="btn btn-primary" aria-hidden="true" aria-busy=move || busy.get().then_some("true")>
                {t!("Choose a file")}
            </span>
            <input
                class="sr-only"
                type="file"
                accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"
                disabled=busy
                on:change=changed
            />
        </label>
    }
    .into_any()
}
