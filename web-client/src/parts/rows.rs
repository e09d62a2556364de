//! What the lists of records do with their rows: put away and write out.

use std::sync::Arc;

use leptos::prelude::*;
use streamflow_proto::client::v1 as pb;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::error::ApiError,
    csv::Csv,
    format::number,
    list::{
        chips::{ChipOf, to_filter},
        query::ListQuery,
        rows::Rows,
        selection::Selection,
    },
    toast::use_toasts,
};

use super::{
    conflict::dialog::Words,
    edit::Record,
    field::label,
    noun::{Noun, archive, export, restore},
};

/// Archives or restores rows. They go at once; they come back when the server refuses, or on undo.
pub fn put_rows<T: Send + Sync + 'static>(
    noun: &'static Noun,
    rows: Rows<T>,
    selection: Selection,
    ids: Vec<String>,
    away: bool,
    problem: RwSignal<Option<ApiError>>,
) {
    for id in &ids {
        rows.remove(id);
    }
    selection.clear();
    spawn_local(async move {
        let answer = if away { archive(noun.kind, ids.clone()).await } else { restore(noun.kind, ids.clone()).await };
        let here = problem.try_set(answer.as_ref().err().cloned()).is_none();
        match answer {
            Ok(done) => {
                let told = done.sentence(noun, if away { t!("archived") } else { t!("restored") });
                use_toasts().say_with_undo(told, move || undo_rows(noun, rows, ids.clone(), !away, problem));
            }
            Err(_) if here => rows.reload(),
            Err(error) => use_toasts().say(t!("Not done: {reason}", reason = error.sentence())),
        }
    });
}

fn undo_rows<T: Send + Sync + 'static>(
    noun: &'static Noun,
    rows: Rows<T>,
    ids: Vec<String>,
    away: bool,
    problem: RwSignal<Option<ApiError>>,
) {
    spawn_local(async move {
        let answer = if away { archive(noun.kind, ids).await } else { restore(noun.kind, ids).await };
        if let Err(error) = &answer {
            use_toasts().say(t!("Not undone: {reason}", reason = error.sentence()));
        }
        if problem.try_set(answer.err()).is_none() {
            rows.reload();
        }
    });
}

/// The whole list as a file, as it is filtered, ordered and shown.
pub fn export_list(
    noun: &'static Noun,
    query: ListQuery,
    chips: &'static [ChipOf],
    usual_order: &'static str,
    problem: RwSignal<Option<ApiError>>,
) {
    let state = query.get_untracked();
    let columns = if state.columns.is_empty() {
        Vec::new()
    } else {
        std::iter::once("name".to_owned()).chain(state.columns.iter().cloned()).collect()
    };
    let request = pb::ExportRecordsRequest {
        kind: noun.kind.into(),
        filter: to_filter(&state, chips),
        order_by: if state.order_by.is_empty() { usual_order.to_owned() } else { state.order_by },
        columns,
    };
    let toasts = use_toasts();
    toasts.say(t!("Preparing {file}", file = format!("{}.csv", noun.many)));
    spawn_local(async move {
        let answer = export(noun, request).await;
        if let Ok(size) = &answer {
            toasts.say(t!("{file} saved, {size}", file = format!("{}.csv", noun.many), size = number::bytes(*size)));
        }
        problem.try_set(answer.err());
    });
}

/// The selected rows as a file, in the order of the list. `number` is for nouns that have one.
pub fn export_selected<T: Record>(
    noun: &'static Noun,
    rows: Rows<T>,
    ids: &[String],
    words: Words,
    number: Option<fn(&T) -> String>,
) {
    let fields = T::fields();
    let heads = number.iter().map(|_| t!("Number").to_owned()).chain(fields.iter().map(|field| label(field.path)));
    let mut csv = Csv::new(heads);
    let chosen: Vec<Arc<T>> =
        rows.with_untracked(|all| all.iter().filter(|row| ids.contains(&rows.key_of(row))).cloned().collect());
    for row in &chosen {
        let cells = fields.iter().map(|field| words.run((field.path.to_owned(), field.get(row))));
        csv.row(number.iter().map(|number| number(row)).chain(cells));
    }
    let file = format!("{}.csv", noun.many);
    let told = || t!("{records} saved as {file}", records = noun.counted(chosen.len()), file);
    use_toasts().say(csv.save(&file).map_or_else(str::to_owned, |()| told()));
}
