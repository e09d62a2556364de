//! Fields that hold text.

use leptos::prelude::*;

use super::{FieldFrame, FieldTie};
use crate::{button::IconButton, icon::glyphs};

#[component]
pub fn TextField(
    /// Path in the request, for the server's findings.
    name: &'static str,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    /// "email", "tel", "url", "number"; "text" when unset.
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(optional)] optional: bool,
    #[prop(optional, into)] help: Option<String>,
    #[prop(optional, into)] aside: Option<ViewFn>,
    #[prop(optional, into)] autocomplete: Option<&'static str>,
    #[prop(optional, into)] inputmode: Option<&'static str>,
    #[prop(optional)] max_length: Option<u32>,
    #[prop(optional)] large: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let tie = FieldTie::new(name);
    let touch = tie.clone();
    let (id, note, invalid) = (tie.id.clone(), tie.note_id(), tie.invalid());
    view! {
        <FieldFrame tie label optional help aside>
            <input
                id=id
                class=if large { "input input-lg" } else { "input" }
                type=kind
                autocomplete=autocomplete
                inputmode=inputmode
                maxlength=max_length
                autofocus=autofocus
                disabled=disabled
                aria-invalid=invalid
                aria-describedby=note
                prop:value=value
                on:input:target=move |event| {
                    value.set(event.target().value());
                    touch.touched();
                }
            />
        </FieldFrame>
    }
    .into_any()
}

#[component]
pub fn PasswordField(
    name: &'static str,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    /// "current-password" or "new-password".
    autocomplete: &'static str,
    #[prop(optional, into)] help: Option<String>,
    #[prop(optional, into)] aside: Option<ViewFn>,
    #[prop(optional)] large: bool,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    let tie = FieldTie::new(name);
    let touch = tie.clone();
    let (id, note, invalid) = (tie.id.clone(), tie.note_id(), tie.invalid());
    let shown = RwSignal::new(false);
    let eye = Signal::derive(move || if shown.get() { t!("Hide password") } else { t!("Show password") }.to_owned());
    view! {
        <FieldFrame tie label help aside>
            <div class="input-wrap has-end">
                <input
                    id=id
                    class=if large { "input input-lg" } else { "input" }
                    type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=autocomplete
                    autocapitalize="off"
                    spellcheck="false"
                    autofocus=autofocus
                    aria-invalid=invalid
                    aria-describedby=note
                    prop:value=value
                    on:input:target=move |event| {
                        value.set(event.target().value());
                        touch.touched();
                    }
                />
                <IconButton label=eye glyph=glyphs::EYE small=true on_click=move |_| shown.update(|on| *on = !*on)/>
            </div>
        </FieldFrame>
    }
    .into_any()
}

#[component]
pub fn TextArea(
    name: &'static str,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    #[prop(optional)] optional: bool,
    #[prop(optional, into)] help: Option<String>,
    #[prop(default = 4)] rows: u16,
    #[prop(optional)] max_length: Option<u32>,
) -> impl IntoView {
    let tie = FieldTie::new(name);
    let touch = tie.clone();
    let (id, note, invalid) = (tie.id.clone(), tie.note_id(), tie.invalid());
    view! {
        <FieldFrame tie label optional help>
            <textarea
                id=id
                class="textarea"
                rows=rows
                maxlength=max_length
                aria-invalid=invalid
                aria-describedby=note
                prop:value=value
                on:input:target=move |event| {
                    value.set(event.target().value());
                    touch.touched();
                }
            ></textarea>
        </FieldFrame>
    }
    .into_any()
}

/// A date as "2026-11-20", empty for none; the browser's own picker.
#[component]
pub fn DateField(
    name: &'static str,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    #[prop(optional)] optional: bool,
    #[prop(optional, into)] help: Option<String>,
) -> impl IntoView {
    let tie = FieldTie::new(name);
    let touch = tie.clone();
    let (id, note, invalid) = (tie.id.clone(), tie.note_id(), tie.invalid());
    view! {
        <FieldFrame tie label optional help>
            <input
                id=id
                class="input"
                type="date"
                aria-invalid=invalid
                aria-describedby=note
                prop:value=value
                on:input:target=move |event| {
                    value.set(event.target().value());
                    touch.touched();
                }
            />
        </FieldFrame>
    }
    .into_any()
}
