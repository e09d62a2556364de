//! What happened to a record, newest first, with a place to write a note.

use leptos::prelude::*;
use streamflow_proto::client::v1::{
    self as pb, RecordKind, TimelineEventKind as Event, timeline_service_client::TimelineServiceClient,
};
use web_kit::{
    api::{error::ApiError, use_api},
    badge::Tone,
    button::Button,
    error_panel::ErrorNote,
    field::FieldTie,
    form::{Form, FormState},
    guard::guard_while,
    icon::{Glyph, Icon, glyphs},
    list::rows::{Page, Rows},
    skeleton::{Delayed, SkeletonLines},
    timeline::{FieldChange, Timeline, TimelineEntry},
};

use super::{conflict::dialog::Words, field::label};
use crate::api::may;

/// Events of one answer.
const PAGE: i32 = 50;
/// Characters of a changed text that are shown; notes can be long.
const SHOWN: usize = 200;

/// A note that is being written. The page of a record holds it, so that another tab does not throw it away.
#[derive(Clone, Copy)]
pub struct NoteDraft {
    form: FormState,
    text: RwSignal<String>,
}

pub fn use_note_draft() -> NoteDraft {
    let draft = NoteDraft { form: FormState::new(), text: RwSignal::new(String::new()) };
    guard_while(draft.form.dirty.into());
    draft
}

#[component]
pub fn History(
    kind: RecordKind,
    #[prop(into)] id: Signal<String>,
    /// "customer".
    one: &'static str,
    words: Words,
    /// Grows when something happened to the record.
    #[prop(into)]
    news: Signal<u32>,
    draft: NoteDraft,
) -> impl IntoView {
    let api = use_api();
    let rows = Rows::new(
        |event: &pb::TimelineEvent| event.id.clone(),
        move |page_token| {
            let record_id = id.get();
            async move {
                let request = pb::ListTimelineRequest { kind: kind.into(), record_id, page_size: PAGE, page_token };
                let call = async |transport, request| TimelineServiceClient::new(transport).list_timeline(request).await;
                let reply = api.read(request, call).await?;
                let info = reply.page.unwrap_or_default();
                Ok(Page { rows: reply.events, next_page_token: info.next_page_token, total: None })
            }
        },
    );
    // Not followed by the question itself: what is shown stays true when news can't be read.
    Effect::new(move |before: Option<u32>| {
        let now = news.get();
        if before.is_some() {
            rows.reload();
        }
        now
    });
    let entries = Signal::derive(move || rows.get().iter().map(|event| entry(event, one, words)).collect::<Vec<_>>());
    let content = move || match (rows.is_ready(), rows.error.get(), rows.count()) {
        (false, None, _) => view! { <Delayed><SkeletonLines/></Delayed> }.into_any(),
        (_, Some(error), 0) => view! { <ErrorNote error on_retry=move |()| rows.retry()/> }.into_any(),
        (_, None, 0) => view! { <p class="muted">{t!("Nothing has happened here yet.")}</p> }.into_any(),
        _ => view! { <Timeline entries/> }.into_any(),
    };
    let older = move || {
        rows.has_more().then(|| {
            view! {
                <Button small=true busy=rows.loading on_click=move |_| rows.more()>{t!("Show older")}</Button>
            }
        })
    };
    let failed = move || {
        rows.error.get().filter(|_| rows.count() > 0).map(|error| view! { <ErrorNote error on_retry=move |()| rows.retry()/> })
    };
    view! {
        <section class="history" aria-label=t!("Timeline")>
            {may("timeline.write").then(|| view! { <Composer kind id draft written=move |event| rows.insert_first(event)/> })}
            {content}
            {failed}
            {older}
        </section>
    }
    .into_any()
}

#[component]
fn Composer(
    kind: RecordKind,
    id: Signal<String>,
    draft: NoteDraft,
    #[prop(into)] written: Callback<pb::TimelineEvent>,
) -> impl IntoView {
    let api = use_api();
    let NoteDraft { form, text } = draft;
    let send = move |()| {
        let note = text.get_untracked();
        if note.trim().is_empty() {
            form.refuse(ApiError::invalid("text", t!("Write something first.")));
            return;
        }
        let request = pb::AddNoteRequest { kind: kind.into(), record_id: id.get_untracked(), text: note };
        let act = form.act();
        let call = async move {
            api.write(&act, request, async |transport, request| TimelineServiceClient::new(transport).add_note(request).await)
                .await
        };
        form.send(call, move |reply| {
            text.set(String::new());
            if let Some(event) = reply.event {
                // Another tab may be open by now; this one reads the note when it comes back.
                written.try_run(event);
            }
        });
    };
    view! {
        <Form state=form on_submit=send class="card composer" guard=false>
            <NoteText text/>
            <div class="row composer-foot">
                <span class="muted t-12">{t!("Everyone who sees this record can read it.")}</span>
                <span class="grow"></span>
                <Button small=true submit=true glyph=glyphs::NOTE_STICKY busy=form.busy key_hint=t!("Ctrl Enter")>
                    {t!("Save note")}
                </Button>
            </div>
        </Form>
    }
}

#[component]
fn NoteText(text: RwSignal<String>) -> impl IntoView {
    let tie = FieldTie::new("text");
    let (touch, error, note_id, invalid) = (tie.clone(), tie.error, tie.note_id(), tie.invalid());
    let described = note_id.clone();
    view! {
        <textarea
            id=tie.id.clone()
            class="textarea"
            rows="2"
            maxlength="4000"
            aria-label=t!("Write a note")
            placeholder=t!("Write a note")
            aria-invalid=invalid
            aria-describedby=described
            prop:value=text
            on:input:target=move |event| {
                text.set(event.target().value());
                touch.touched();
            }
        ></textarea>
        {move || {
            error.get().map(|error| {
                view! {
                    <span class="field-error composer-error" id=note_id.clone()>
                        <Icon glyph=glyphs::CIRCLE_EXCLAMATION/>
                        {error}
                    </span>
                }
            })
        }}
    }
}

fn entry(event: &pb::TimelineEvent, one: &str, words: Words) -> TimelineEntry {
    let (glyph, tone) = look(event.kind());
    let changes = event
        .changes
        .iter()
        // The id of what a lead became, or of what a duplicate went into: the panel, and the page itself, lead there.
        .filter(|change| change.field != "customer_id" && change.field != "merged_into")
        .map(|change| FieldChange {
            field: label(&change.field),
            before: cut(words.run((change.field.clone(), change.before.clone()))),
            after: cut(words.run((change.field.clone(), change.after.clone()))),
        })
        .collect();
    let who = if event.actor_name.is_empty() { "StreamFlow" } else { &event.actor_name };
    let by_rule = event.kind() == Event::Assigned && !event.text.is_empty();
    let (title, text) = if by_rule {
        (t!("The rule “{rule}” assigned this {one}", rule = event.text, one), String::new())
    } else {
        (t!("{who} {did}", who, did = what(event.kind(), one)), event.text.clone())
    };
    TimelineEntry { key: event.id.clone(), at: event.at, glyph, tone, title, changes, text }
}

fn look(kind: Event) -> (Glyph, Tone) {
    match kind {
        Event::Created => (glyphs::PLUS, Tone::Neutral),
        Event::Edited | Event::Unspecified => (glyphs::PEN, Tone::Accent),
        Event::Assigned => (glyphs::USER, Tone::Neutral),
        Event::Moved => (glyphs::ARROWS_TURN_TO_DOTS, Tone::Neutral),
        Event::Converted => (glyphs::CIRCLE_CHECK, Tone::Success),
        Event::Archived => (glyphs::BOX_ARCHIVE, Tone::Warning),
        Event::Restored | Event::Separated => (glyphs::ROTATE_LEFT, Tone::Neutral),
        Event::Imported => (glyphs::FILE_IMPORT, Tone::Neutral),
        Event::Note => (glyphs::NOTE_STICKY, Tone::Neutral),
        Event::Merged => (glyphs::CODE_MERGE, Tone::Accent),
        Event::FileAdded | Event::FileRestored => (glyphs::PAPERCLIP, Tone::Neutral),
        Event::FileRemoved => (glyphs::PAPERCLIP, Tone::Warning),
    }
}

fn what(kind: Event, one: &str) -> String {
    match kind {
        Event::Created => t!("added this {one}", one),
        Event::Edited => t!("changed").to_owned(),
        Event::Assigned => t!("assigned this {one}", one),
        Event::Moved => t!("moved this {one}", one),
        Event::Converted => t!("converted this {one}", one),
        Event::Archived => t!("archived this {one}", one),
        Event::Restored => t!("restored this {one}", one),
        Event::Imported => t!("imported this {one}", one),
        Event::Note => t!("wrote a note").to_owned(),
        Event::Merged => t!("merged this {one} with", one),
        Event::FileAdded => t!("added the file").to_owned(),
        Event::FileRemoved => t!("deleted the file").to_owned(),
        Event::FileRestored => t!("brought the file back").to_owned(),
        Event::Separated => t!("undid merging this {one} with", one),
        Event::Unspecified => t!("did something with this {one}", one),
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn long_texts_are_cut_between_letters() {
        assert_eq!(cut("short".into()), "short");
        let long = cut("ö".repeat(300));
        assert_eq!(long.chars().count(), 201);
        assert!(long.ends_with('…'));
    }
}
