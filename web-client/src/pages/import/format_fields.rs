//! How the file was read, to be put right where that was guessed wrong.

use leptos::prelude::*;
use streamflow_proto::client::v1::Import;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::error::ApiError,
    error_panel::ErrorNote,
    field::{Choice, SelectField},
};

use super::{sheet::Sheet, words};

const DELIMITERS: [&str; 4] = [",", ";", "\t", "|"];
const ENCODINGS: [&str; 4] = ["UTF-8", "ISO-8859-1", "UTF-16LE", "UTF-16BE"];

/// Delimiter and encoding of an import.
pub type Format = (String, String);

pub fn format_of(import: Option<&Import>) -> Format {
    import.map(|import| (import.delimiter.clone(), import.encoding.clone())).unwrap_or_default()
}

#[component]
pub fn FormatFields(sheet: Sheet) -> impl IntoView {
    let (delimiter, encoding) = sheet.import.with_untracked(|import| format_of(import.as_ref()));
    let (delimiter, encoding) = (RwSignal::new(delimiter), RwSignal::new(encoding));
    let busy = RwSignal::new(false);
    let refused = RwSignal::new(None::<ApiError>);
    Effect::new(move |_| {
        let wanted = (delimiter.get(), encoding.get());
        let known = sheet.import.with_untracked(|import| format_of(import.as_ref()));
        if wanted == known || busy.get_untracked() {
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
                delimiter.set(known.0);
                encoding.set(known.1);
            }
        });
    });
    let choices = |values: [&str; 4], word: fn(&str) -> &str| {
        Signal::stored(values.map(|value| Choice::new(value, capital(word(value)))).to_vec())
    };
    view! {
        <div class="import-format">
            <SelectField
                name="delimiter"
                label="Cells are separated by"
                value=delimiter
                choices=choices(DELIMITERS, words::delimiter)
                disabled=busy
            />
            <SelectField
                name="encoding"
                label="Characters are written as"
                value=encoding
                choices=choices(ENCODINGS, words::encoding)
                disabled=busy
            />
        </div>
        {move || refused.get().map(|error| view! { <ErrorNote error/> })}
    }
    .into_any()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
