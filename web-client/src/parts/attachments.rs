//! Files on a record or a task: those that are there, and those on their way.

mod kinds;
mod queue;
mod row;

use leptos::{ev::DragEvent, prelude::*};
use streamflow_proto::client::v1::{self as pb, attachment_service_client::AttachmentServiceClient};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    browser,
    button::Button,
    error_panel::ErrorNote,
    field::Choice,
    guard::guard_while,
    icon::{Icon, glyphs},
    list::rows::{Page, Rows},
    live::{Heard, use_live},
    skeleton::{Delayed, SkeletonLines},
    toast::use_toasts,
};
use web_sys::{FileList, HtmlInputElement};

use self::{
    queue::Queue,
    row::{FileRow, OutgoingRow},
};
use super::download;
use crate::api::may;

/// Files of one answer.
const PAGE: i32 = 50;

/// Files of one record. Its page holds it, so that another tab does not stop what is on its way.
#[derive(Clone, Copy)]
pub struct Files {
    id: Signal<String>,
    rows: Rows<pb::Attachment>,
    queue: Queue,
    problem: RwSignal<Option<ApiError>>,
    /// The one being downloaded.
    coming: RwSignal<Option<String>>,
}

/// Kept in step with what others do. `id` is empty while there is no record.
pub fn use_files(id: Signal<String>) -> Files {
    let rows = Rows::new(
        |file: &pb::Attachment| file.id.clone(),
        move |page_token| {
            let record_id = id.get();
            async move {
                if record_id.is_empty() || !may("attachment.read") {
                    return Ok(Page { rows: Vec::new(), next_page_token: String::new(), total: None });
                }
                let request = pb::ListAttachmentsRequest { record_id, page_size: PAGE, page_token };
                let call = async |transport, request| AttachmentServiceClient::new(transport).list_attachments(request).await;
                let reply = use_api().read(request, call).await?;
                let next_page_token = reply.page.unwrap_or_default().next_page_token;
                Ok(Page { rows: reply.attachments, next_page_token, total: None })
            }
        },
    );
    use_live(move |heard| match heard {
        Heard::Change(change) if change.entity == "attachment" && id.with_untracked(|id| change.fields.contains(id)) => {
            rows.reload();
        }
        Heard::Reset => rows.reload(),
        Heard::Change(_) => {}
    });
    let queue = Queue::new(move || {
        rows.reload();
    });
    guard_while(Signal::derive(move || queue.is_busy()));
    Files { id, rows, queue, problem: RwSignal::new(None), coming: RwSignal::new(None) }
}

impl Files {
    /// The tab of a record's page that has them.
    pub fn tab(self) -> Option<Choice> {
        let count = self.rows.count();
        let label = match count {
            0 => t!("Files").to_owned(),
            _ if self.rows.has_more() => t!("Files {count}+", count),
            _ => t!("Files {count}", count),
        };
        may("attachment.read").then(|| Choice::new("files", label))
    }

    fn take(self, files: Option<FileList>) {
        let Some(files) = files else { return };
        let all = (0..files.length()).filter_map(|at| files.get(at));
        self.queue.take(&self.id.get_untracked(), all);
    }

    fn download(self, file: pb::Attachment) {
        if self.coming.with_untracked(Option::is_some) {
            return;
        }
        self.coming.set(Some(file.id.clone()));
        spawn_local(async move {
            let request = pb::DownloadAttachmentRequest { attachment_id: file.id };
            let opened = AttachmentServiceClient::new(use_api().transport()).download_attachment(request).await;
            // Never by its own type: a browser would show it instead of saving it.
            let name = (file.name.as_str(), "application/octet-stream");
            let answer = download::save(opened, |piece: pb::DownloadAttachmentResponse| piece.data, name, |_| ()).await;
            self.coming.try_set(None);
            self.problem.try_set(answer.err());
        });
    }

    fn delete(self, file: pb::Attachment) {
        spawn_local(async move {
            let request = pb::DeleteAttachmentRequest { attachment_id: file.id.clone(), version: file.version };
            let call = async |transport, request| AttachmentServiceClient::new(transport).delete_attachment(request).await;
            let answer = use_api().write(&Act::default(), request, call).await.map(drop);
            if answer.is_ok() {
                let id = file.id.clone();
                use_toasts().say_with_undo(t!("“{name}” deleted", name = file.name), move || self.restore(id.clone()));
            }
            self.settle(answer);
        });
    }

    fn restore(self, attachment_id: String) {
        spawn_local(async move {
            let request = pb::RestoreAttachmentRequest { attachment_id };
            let call = async |transport, request| AttachmentServiceClient::new(transport).restore_attachment(request).await;
            let answer = use_api().write(&Act::default(), request, call).await;
            if let Ok(reply) = &answer {
                let name = reply.attachment.as_ref().map(|file| file.name.clone()).unwrap_or_default();
                use_toasts().say(t!("“{name}” is back", name));
            }
            self.settle(answer.map(drop));
        });
    }

    /// The page may be gone by now.
    fn settle(self, answer: Result<(), ApiError>) {
        if self.problem.try_set(answer.err()).is_none() {
            self.rows.reload();
        }
    }
}

/// The card. `may_edit`: this person may change what the files are on.
#[component]
pub fn Attachments(files: Files, may_edit: bool) -> impl IntoView {
    let may_edit = may_edit && may("attachment.write");
    let over = RwSignal::new(false);
    let heading = browser::uid("files");
    let labelled = heading.clone();
    let Files { rows, queue, problem, .. } = files;
    let dropped = move |event: DragEvent| {
        event.prevent_default();
        over.set(false);
        if may_edit {
            files.take(event.data_transfer().and_then(|data| data.files()));
        }
    };
    let outgoing = move || files.id.with(|id| queue.numbers(id));
    let is_empty = move || rows.is_ready() && rows.count() == 0 && rows.error.with(Option::is_none) && outgoing().is_empty();
    view! {
        <section
            class="card attachments"
            class:is-over=move || may_edit && over.get()
            aria-labelledby=labelled
            on:dragover=move |event| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=dropped
        >
            <div class="card-head">
                <h2 id=heading>{t!("Attachments")}</h2>
                <span class="grow"></span>
                {may_edit.then(|| view! { <Choose files/> })}
            </div>
            {move || problem.get().map(|error| view! { <div class="card-body"><ErrorNote error/></div> })}
            <ul class="list" class:hidden=is_empty>
                <For each=outgoing key=|number| *number let:number>
                    <OutgoingRow queue number/>
                </For>
                <For each=move || rows.get() key=|file| (file.id.clone(), file.version) let:file>
                    <FileRow files file=(*file).clone() may_edit/>
                </For>
            </ul>
            <Rest files/>
            <Show when=is_empty>
                <div class="card-body soft">
                    {if may_edit {
                        t!("No files yet. Drop them here, or choose them: PDF, pictures, text, CSV, Word, Excel, OpenDocument and ZIP.")
                    } else {
                        t!("No files yet.")
                    }}
                </div>
            </Show>
        </section>
    }
    .into_any()
}

/// What of the list is not there.
#[component]
fn Rest(files: Files) -> impl IntoView {
    let rows = files.rows;
    move || {
        match (rows.is_ready(), rows.error.get()) {
        (_, Some(error)) => {
            view! { <div class="card-body"><ErrorNote error on_retry=move |()| rows.retry()/></div> }.into_any()
        }
        (false, None) => view! { <div class="card-body"><Delayed><SkeletonLines/></Delayed></div> }.into_any(),
        (true, None) if rows.has_more() => {
            view! { <div class="card-body"><Button small=true busy=rows.loading on_click=move |_| rows.more()>{t!("Show older files")}</Button></div> }
                .into_any()
        }
        (true, None) => ().into_any(),
    }
    }
}

#[component]
fn Choose(files: Files) -> impl IntoView {
    let changed = move |event: web_sys::Event| {
        let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        files.take(field.as_ref().and_then(HtmlInputElement::files));
        // The same file can be chosen again.
        if let Some(field) = field {
            field.set_value("");
        }
    };
    view! {
        <label class="btn btn-sm file-button">
            <Icon glyph=glyphs::PAPERCLIP/>
            {t!("Add files")}
            <input class="sr-only" type="file" multiple=true accept=kinds::accepted() on:change=changed/>
        </label>
    }
}
