//! Who came in, who was refused and from where, which limits were reached, and what is being guessed at.
//!
//! The first ones are records of the audit, narrowed; a record's page is the audit's.

mod guesses;
mod words;

use std::{sync::Arc, time::Duration};

use super::{
    AuditLine, Manner, OperatorPortal,
    audit::{at, outcome, record_address, save, words as audit_words},
};
use crate::{
    api::use_api,
    audit::outcomes,
    empty::EmptyState,
    format::number,
    layout::use_page,
    list::{
        bar::{ListFoot, ViewBar, ViewTab},
        filter_bar::{FilterBar, FilterDef, FilterKind},
        query::{ListQuery, use_list_query},
        rows::Rows,
        state::ListState,
    },
    load::look_again,
    table::{Column, VirtualTable, choosable, usual},
};
use leptos::prelude::*;

/// Between two looks while the page is in sight.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// `sign-ins` below the portal's base.
pub fn sign_ins<P: OperatorPortal>() -> impl IntoView {
    let api = use_api();
    let page = use_page(t!("Sign-ins")).flush().with_lead(t!("Who came in, who was refused, and which limits were reached."));
    let query = use_list_query("at desc");
    let rows = Rows::new(
        |line: &AuditLine| line.id.clone(),
        move |token| {
            let filter = words::to_filter(&query.asked());
            P::audit(api, token, filter)
        },
    );
    look_again(LOOK_EVERY, move || rows.look());
    let guesses = Memo::new(move |_| query.with(|state| state.filter("kind") == Some(words::GUESSES)));
    Effect::new(move |_| {
        let total = rows.total.get().filter(|_| !guesses.get());
        page.count.set(total.map(|(total, capped)| number::total(total, capped)).unwrap_or_default());
    });
    view! {
        {move || if guesses.get() { guessed::<P>(query) } else { list::<P>(query, rows) }}
    }
}

fn guessed<P: OperatorPortal>(query: ListQuery) -> AnyView {
    view! {
        <div class="listbar"><ViewBar query views=Signal::derive(views)/></div>
        {guesses::guesses::<P>()}
    }
    .into_any()
}

fn list<P: OperatorPortal>(query: ListQuery, rows: Rows<AuditLine>) -> AnyView {
    let columns = columns(P::MANNER);
    let (choosable, usual) = (choosable(&columns), usual(&columns));
    let on_csv = move |()| {
        save::<P>(untrack(|| query.with(words::to_filter)), ("sign-ins.csv", t!("Sign-ins saved as a file")));
    };
    let href = |line: Arc<AuditLine>| record_address::<P>(&line.id);
    view! {
        <div class="listbar">
            <ViewBar query views=Signal::derive(views)/>
            <FilterBar query search=t!("Address") filters=filters() columns=choosable usual_columns=usual on_csv/>
        </div>
        <VirtualTable
            rows
            label=t!("Sign-ins")
            columns
            query
            name=|line: &AuditLine| audit_words::action(&line.path)
            href
            empty=move || view! { <EmptyState title=t!("Nothing here") text=t!("Whoever signs in, fails to, or reaches a limit appears here.")/> }
        />
        <ListFoot rows/>
    }
    .into_any()
}

/// Ways of looking that are there for everyone.
fn views() -> Vec<ViewTab> {
    let with = |kind: &str, label: &str| {
        let mut state = ListState::default();
        state.set_filter("kind", kind);
        ViewTab { id: kind.to_owned(), state, ..ViewTab::all(label) }
    };
    vec![
        ViewTab::all(t!("All tries")),
        with(words::FAILED, t!("Failed")),
        with(words::DONE, t!("Came in")),
        with(words::LIMITS, t!("Refused by a limit")),
        with(words::GUESSES, t!("Wrong guesses")),
    ]
}

fn filters() -> Vec<FilterDef> {
    vec![
        FilterDef { field: "outcome", label: t!("Result"), kind: FilterKind::Choice(Signal::derive(outcomes)) },
        FilterDef { field: "ip", label: t!("Address"), kind: FilterKind::Text },
        FilterDef { field: "since", label: t!("Time"), kind: FilterKind::Since },
    ]
}

fn columns(manner: Manner) -> Vec<Column<AuditLine>> {
    vec![
        Column::new("action", t!("What"), |line: &AuditLine| audit_words::action(&line.path)),
        Column::new("who", t!("Who"), |line: &AuditLine| {
            let class = if line.actor.is_empty() { "muted" } else { "" };
            view! { <span class=class>{words::who(line)}</span> }
        })
        .on_phone("c"),
        Column::new("ip", t!("Address"), |line: &AuditLine| view! { <span class="mono">{line.ip.clone()}</span> })
            .width(160)
            .on_phone("e"),
        Column::new("limit", t!("Limit"), |line: &AuditLine| words::limit(line)).soft().width(170),
        at(manner),
        outcome(),
    ]
}
