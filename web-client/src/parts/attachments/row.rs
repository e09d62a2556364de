//! One file in the list: there, or on its way.

use leptos::prelude::*;
use streamflow_proto::client::v1 as pb;
use web_kit::{
    button::{Button, IconButton},
    format::{self, number},
    icon::{Icon, glyphs},
};

use super::{
    Files, kinds,
    queue::{Outgoing, Queue, State, words},
};

#[component]
pub fn FileRow(files: Files, file: pb::Attachment, may_edit: bool) -> impl IntoView {
    let about = format!("{} · {} · {}", number::bytes(file.size), format::ago(file.added_at.as_ref()), file.added_by_name);
    let (download, delete) = (t!("Download {name}", name = file.name), t!("Delete {name}", name = file.name));
    let glyph = kinds::glyph(&file.media_type);
    let (name, id) = (file.name.clone(), file.id.clone());
    let busy = Signal::derive(move || files.coming.with(|coming| coming.as_deref() == Some(&*id)));
    let stored = StoredValue::new(file);
    view! {
        <li class="file">
            <span class="file-icon muted"><Icon glyph/></span>
            <div class="grow">
                <div class="medium truncate" title=name.clone()>{name.clone()}</div>
                <div class="t-12 muted truncate">{about}</div>
            </div>
            <IconButton
                label=download
                glyph=glyphs::CLOUD_ARROW_DOWN
                small=true
                disabled=busy
                on_click=move |_| files.download(stored.get_value())
            />
            {may_edit.then(|| view! {
                <IconButton label=delete glyph=glyphs::XMARK small=true on_click=move |_| files.delete(stored.get_value())/>
            })}
        </li>
    }
    .into_any()
}

#[component]
pub fn OutgoingRow(queue: Queue, number: u32) -> impl IntoView {
    let one = Memo::new(move |_| queue.one(number));
    let Some(Outgoing { name, size, .. }) = one.get_untracked() else { return ().into_any() };
    let state = Memo::new(move |_| one.with(|one| one.as_ref().map_or(State::Waiting, |one| one.state.clone())));
    let failed = move || state.with(|state| matches!(state, State::Failed { .. }));
    let again = move || state.with(|state| matches!(state, State::Failed { again: true, .. }));
    let sent = move || match state.get() {
        State::Sending(sent) => sent.min(size) as f64,
        State::Checking => size as f64,
        _ => 0.0,
    };
    let (retry, forget, progress) =
        (t!("Send {name} again", name), t!("Take {name} off the list", name), t!("{name}, sent", name));
    let [retry, forget, progress] = [retry, forget, progress].map(StoredValue::new);
    view! {
        <li class="file">
            <span class="file-icon muted"><Icon glyph=glyphs::CLOUD_ARROW_UP/></span>
            <div class="grow">
                <div class="medium truncate">{name}</div>
                <div class="t-12" class:muted=move || !failed() class:down=failed role="status">
                    {move || state.with(|state| words(state, size))}
                </div>
                <Show when=move || !failed()>
                    <progress class="import-progress" max=size.max(1).to_string() prop:value=sent aria-label=progress.get_value()></progress>
                </Show>
            </div>
            <Show when=again>
                <Button small=true glyph=glyphs::ROTATE_RIGHT on_click=move |_| queue.retry(number)>
                    <span class="sr-only">{retry.get_value()}</span>
                    <span aria-hidden="true">{t!("Retry")}</span>
                </Button>
            </Show>
            <Show when=failed>
                <IconButton label=forget.get_value() glyph=glyphs::XMARK small=true on_click=move |_| queue.forget(number)/>
            </Show>
        </li>
    }
    .into_any()
}
