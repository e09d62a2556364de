//! Who did what in this system.

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{AuditLine, OperatorPortal, space::address};
use crate::{
    api::use_api,
    badge::{Status, Tone},
    browser,
    empty::EmptyState,
    field::Choice,
    format::{moment, number},
    icon::glyphs,
    layout::use_page,
    list::{
        aip,
        bar::ListFoot,
        filter_bar::{FilterBar, FilterDef, FilterKind},
        query::{ListQuery, use_list_query},
        rows::Rows,
        state::ListState,
    },
    table::{Column, VirtualTable},
    toast::use_toasts,
};

/// `audit` below the portal's base.
pub fn audit<P: OperatorPortal>() -> impl IntoView {
    let api = use_api();
    let page = use_page("Audit").flush();
    let query = use_list_query();
    let rows = Rows::new(
        |line: &AuditLine| line.id.clone(),
        move |token| {
            let filter = query.with(to_filter);
            P::audit(api, token, filter)
        },
    );
    Effect::new(move |_| {
        page.count.set(rows.total.get().map(|(total, capped)| number::total(total, capped)).unwrap_or_default());
    });
    let filters = vec![
        FilterDef { field: "category", label: "Kind", kind: FilterKind::Choice(Signal::derive(categories)) },
        FilterDef { field: "outcome", label: "Result", kind: FilterKind::Choice(Signal::derive(outcomes)) },
    ];
    let toasts = use_toasts();
    let on_csv = move |()| {
        let filter = untrack(|| query.with(to_filter));
        spawn_local(async move {
            match P::audit_csv(api, filter).await {
                Ok(file) if browser::download("audit.csv", "text/csv;charset=utf-8", &[&file]).is_ok() => {
                    toasts.say("Audit saved as a file");
                }
                Ok(_) => toasts.say("The browser does not let us save a file."),
                Err(error) => toasts.say(error.sentence()),
            }
        });
    };
    let own = address::<P>("audit");
    let href = move |_: Arc<AuditLine>| own.clone();
    view! {
        <FilterBar query search="Action" filters on_csv/>
        <VirtualTable
            rows
            label="Audit"
            columns=columns()
            query
            name=|line: &AuditLine| action(&line.path)
            href
            empty=move || view! { <Nothing query/> }
        />
        <ListFoot rows/>
    }
}

fn to_filter(state: &ListState) -> String {
    let text = if state.text.is_empty() { String::new() } else { aip::has("path", &state.text) };
    let equal = |field: &str| state.filter(field).map(|value| aip::eq(field, value)).unwrap_or_default();
    aip::and([text, equal("category"), equal("outcome")])
}

fn categories() -> Vec<Choice> {
    [
        ("sign_in", "Signing in"),
        ("sign_out", "Signing out"),
        ("read", "Reading"),
        ("export", "Exports"),
        ("denied", "Denied"),
        ("rate_limit", "Rate limits"),
    ]
    .map(|(value, label)| Choice::new(value, label))
    .to_vec()
}

fn outcomes() -> Vec<Choice> {
    [
        ("OK", "Done"),
        ("UNAUTHENTICATED", "Not signed in"),
        ("PERMISSION_DENIED", "Denied"),
        ("INVALID_ARGUMENT", "Refused input"),
        ("RESOURCE_EXHAUSTED", "Too many"),
    ]
    .map(|(value, label)| Choice::new(value, label))
    .to_vec()
}

/// "SignIn" of "/package.Service/SignIn", in words.
fn action(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut words = String::new();
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_uppercase() {
            words.push(' ');
            words.extend(letter.to_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}

fn columns() -> Vec<Column<AuditLine>> {
    vec![
        Column::new("action", "Action", |line: &AuditLine| action(&line.path)).width(180),
        Column::new("at", "Time", |line: &AuditLine| view! { <span class="tnum">{moment(line.at.as_ref())}</span> })
            .width(170)
            .on_phone("b"),
        Column::new("who", "Who", |line: &AuditLine| {
            if line.actor.is_empty() {
                view! { <span class="muted">"Nobody signed in"</span> }.into_any()
            } else {
                line.actor.clone().into_any()
            }
        })
        .on_phone("c"),
        Column::new("ip", "Address", |line: &AuditLine| view! { <span class="mono muted">{line.ip.clone()}</span> }).width(140),
        Column::new(
            "number",
            "Number",
            |line: &AuditLine| view! { <span class="mono muted">{line.correlation_id.clone()}</span> },
        )
        .width(280),
        Column::new("outcome", "Result", |line: &AuditLine| outcome(&line.outcome)).width(150).on_phone("d"),
    ]
}

fn outcome(code: &str) -> impl IntoView + use<> {
    let known = outcomes().into_iter().find(|choice| choice.value == code);
    let text = known.map_or_else(|| code.to_owned(), |choice| choice.label);
    let (tone, glyph) = match code {
        "OK" => (Tone::Success, glyphs::CIRCLE_CHECK),
        "PERMISSION_DENIED" | "UNAUTHENTICATED" => (Tone::Danger, glyphs::CIRCLE_XMARK),
        _ => (Tone::Warning, glyphs::TRIANGLE_EXCLAMATION),
    };
    view! { <Status tone glyph text/> }
}

#[component]
fn Nothing(query: ListQuery) -> impl IntoView {
    move || {
        if query.with(ListState::is_narrowed) {
            view! { <EmptyState title="Nothing like that" text="No request matches these filters. Remove one."/> }
        } else {
            view! { <EmptyState title="Nothing yet" text="Every request to this portal leaves a record here."/> }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::action;

    #[test]
    fn an_action_reads_as_words() {
        assert_eq!(action("/streamflow.x.v1.SessionService/VerifySecondFactor"), "Verify second factor");
        assert_eq!(action("/a/Me"), "Me");
    }
}
