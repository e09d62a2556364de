//! How the file was read, to be put right where that was guessed wrong.

use leptos::prelude::*;
use streamflow_proto::client::v1::Import;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::error::ApiError,
    error_panel::ErrorNote,
    field::{Choice, SelectField, TextField},
    format::capital,
};

use super::{sheet::Sheet, words};

const DELIMITERS: [&str; 4] = [",", ";", "\t", "|"];
const ENCODINGS: [&str; 4] = ["UTF-8", "ISO-8859-1", "UTF-16LE", "UTF-16BE"];

/// Value of the choice that lets a person type the delimiter.
const ANOTHER: &str = "another";

/// Delimiter and encoding of an import.
pub type Format = (String, String);

pub fn format_of(import: Option<&Import>) -> Format {
    import.map(|import| (import.delimiter.clone(), import.encoding.clone())).unwrap_or_default()
}

#[component]
pub fn FormatFields(sheet: Sheet) -> impl IntoView {
    let (delimiter, encoding) = sheet.import.with_untracked(|import| format_of(import.as_ref()));
    let sign = RwSignal::new(if is_usual(&delimiter) { String::new() } else { delimiter.clone() });
    let delimiter = RwSignal::new(choice_of(&delimiter));
    let encoding = RwSignal::new(encoding);
    let busy = RwSignal::new(false);
    let refused = RwSignal::new(None::<ApiError>);
    Effect::new(move |_| {
        let chosen = delimiter.get();
        let wanted = (if chosen == ANOTHER { sign.get() } else { chosen }, encoding.get());
        let known = sheet.import.with_untracked(|import| format_of(import.as_ref()));
        if wanted == known || wanted.0.is_empty() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        refused.set(None);
        spawn_local(async move {
            let answer = sheet.set_format(wanted).await;
            if busy.try_set(false).is_some() {
                // The page is gone.
                return;
            }
            if let Err(error) = answer {
                refused.set(Some(error));
                delimiter.set(choice_of(&known.0));
                encoding.set(known.1);
            }
        });
    });
    let choices = |values: [&str; 4], word: fn(&str) -> &str| values.map(|value| Choice::new(value, capital(word(value))));
    let mut delimiters = choices(DELIMITERS, words::delimiter).to_vec();
    delimiters.push(Choice::new(ANOTHER, t!("Another sign")));
    let delimiters = Signal::stored(delimiters);
    let encodings = Signal::stored(choices(ENCODINGS, words::encoding).to_vec());
    view! {
        <div class="import-format">
            <SelectField
                name="delimiter"
                label=t!("Cells are separated by")
                value=delimiter
                choices=delimiters
                disabled=busy
            />
            <Show when=move || delimiter.get() == ANOTHER>
                <TextField name="sign" label=t!("Which sign") value=sign max_length=1 autocomplete="off" disabled=busy/>
            </Show>
            <SelectField
                name="encoding"
                label=t!("Characters are written as")
                value=encoding
                choices=encodings
                disabled=busy
            />
        </div>
        {move || refused.get().map(|error| view! { <ErrorNote error/> })}
    }
    .into_any()
}

fn is_usual(delimiter: &str) -> bool {
    delimiter.is_empty() || DELIMITERS.contains(&delimiter)
}

fn choice_of(delimiter: &str) -> String {
    if is_usual(delimiter) { delimiter.to_owned() } else { ANOTHER.to_owned() }
}
