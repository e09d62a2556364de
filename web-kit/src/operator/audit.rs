//! Who did what in this system.

mod detail;
pub(crate) mod filter;
pub(super) mod words;

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use self::{detail::Detail, filter::to_filter};
use super::{AuditLine, Manner, OperatorPortal, space::address};
use crate::{
    api::use_api,
    audit::outcomes,
    badge::Status,
    browser, csv,
    empty::EmptyState,
    field::Choice,
    format::number,
    layout::use_page,
    list::{
        bar::{ListFoot, ViewBar, ViewTab},
        filter_bar::{FilterBar, FilterDef, FilterKind},
        opened::{show_record, with_record},
        query::{ListQuery, use_list_query},
        rows::Rows,
        state::ListState,
    },
    table::{Column, VirtualTable, choosable, usual},
    toast::use_toasts,
};

/// `audit` below the portal's base.
pub fn audit<P: OperatorPortal>() -> impl IntoView {
    let api = use_api();
    let page = use_page(t!("Audit")).flush().with_lead(t!("One record for each request. Nobody can change it."));
    let query = use_list_query("at desc");
    begin_without_reading::<P>(query);
    let rows = Rows::new(
        |line: &AuditLine| line.id.clone(),
        move |token| {
            let filter = to_filter(&query.asked());
            P::audit(api, token, filter)
        },
    );
    show_record(
        page,
        address::<P>("audit"),
        query,
        rows,
        |line| line.id.as_str(),
        |line, close| view! { <Detail line manner=P::MANNER close/> }.into_any(),
    );
    Effect::new(move |_| {
        page.count.set(rows.total.get().map(|(total, capped)| number::total(total, capped)).unwrap_or_default());
    });
    let columns = columns(P::MANNER);
    let (choosable, usual) = (choosable(&columns), usual(&columns));
    let filters = filters::<P>(query);
    let on_csv = move |()| save::<P>(untrack(|| query.with(to_filter)), ("audit.csv", t!("Audit saved as a file")));
    let href = move |line: Arc<AuditLine>| untrack(|| query.with(|state| with_record(&address::<P>("audit"), state, &line.id)));
    view! {
        <div class="listbar">
            <ViewBar query views=Signal::derive(views)/>
            <FilterBar query search=t!("Action") filters columns=choosable usual_columns=usual on_csv/>
        </div>
        <VirtualTable
            rows
            label=t!("Audit records")
            columns
            query
            name=|line: &AuditLine| words::action(&line.path)
            href
            empty=move || {
                view! { <EmptyState title=t!("Nothing yet") text=t!("Every request to this portal leaves a record here.")/> }
            }
        />
        <ListFoot rows/>
    }
}

/// Who just opens the page looks for what people did; what they only looked at is one press away.
fn begin_without_reading<P: OperatorPortal>(query: ListQuery) {
    if browser::here() == address::<P>("audit") {
        query.update(|state| *state = without_reading());
    }
}

fn without_reading() -> ListState {
    let mut state = ListState { view: "changes".to_owned(), ..ListState::default() };
    state.set_filter("category", "!read");
    state
}

/// Address of one record from another page, where it is among those without reading.
pub(super) fn record_address<P: OperatorPortal>(id: &str) -> String {
    with_record(&address::<P>("audit"), &without_reading(), id)
}

/// Ways of looking that are there for everyone.
fn views() -> Vec<ViewTab> {
    let with = |id: &str, label: &str, chip: &str, value: &str| {
        let mut state = ListState::default();
        state.set_filter(chip, value);
        ViewTab { id: id.to_owned(), state, ..ViewTab::all(label) }
    };
    vec![
        ViewTab::all(t!("All")),
        with("changes", t!("Without reading"), "category", "!read"),
        with("refused", t!("Refused"), "outcome", "!OK"),
        with("sign-ins", t!("Signing in"), "category", "sign_in"),
        with("exports", t!("Exports"), "category", "export"),
    ]
}

fn filters<P: OperatorPortal>(query: ListQuery) -> Vec<FilterDef> {
    let mut filters = vec![
        FilterDef { field: "category", label: t!("Kind"), kind: FilterKind::Choice(Signal::derive(words::categories)) },
        FilterDef { field: "action", label: t!("Action"), kind: FilterKind::Choice(Signal::stored(words::actions(P::RPCS))) },
        FilterDef { field: "outcome", label: t!("Result"), kind: FilterKind::Choice(Signal::derive(outcomes)) },
        FilterDef { field: "ip", label: t!("Address"), kind: FilterKind::Text },
        FilterDef { field: "since", label: t!("Time"), kind: FilterKind::Since },
    ];
    // Nobody types an id: whoever has this chip came by a link.
    if let Some(id) = untrack(|| query.with(|state| state.filter("actor_id").map(str::to_owned))) {
        let one = Signal::stored(vec![Choice::new(id, t!("One person"))]);
        filters.push(FilterDef { field: "actor_id", label: t!("Person"), kind: FilterKind::Choice(one) });
    }
    filters
}

fn columns(manner: Manner) -> Vec<Column<AuditLine>> {
    vec![
        Column::new("action", t!("Action"), |line: &AuditLine| words::action(&line.path)),
        Column::new("who", t!("Who"), |line: &AuditLine| {
            let class = if line.actor.is_empty() { "muted" } else { "" };
            view! { <span class=class>{words::who(line)}</span> }
        })
        .on_phone("c"),
        Column::new("kind", t!("Kind"), |line: &AuditLine| words::category(&line.category).to_owned()).soft().width(150).hidden(),
        Column::new("ip", t!("Address"), |line: &AuditLine| view! { <span class="mono muted">{line.ip.clone()}</span> })
            .width(150),
        at(manner),
        outcome(),
        Column::new("number", t!("Number"), |line: &AuditLine| {
            view! { <span class="mono muted">{line.correlation_id.clone()}</span> }
        })
        .width(280)
        .hidden(),
    ]
}

pub(super) fn at(manner: Manner) -> Column<AuditLine> {
    Column::new("at", manner.time_head(), move |line: &AuditLine| {
        view! { <span class="tnum nowrap">{manner.second(line.at.as_ref())}</span> }
    })
    .soft()
    .width(230)
    .on_phone("d")
}

pub(super) fn outcome() -> Column<AuditLine> {
    Column::new("outcome", t!("Result"), |line: &AuditLine| {
        let (tone, glyph, text) = words::outcome(&line.category, &line.outcome);
        view! { <Status tone glyph text/> }
    })
    .width(140)
    .on_phone("b")
}

/// Saves the matching records as a file of that name, and says so.
pub(super) fn save<P: OperatorPortal>(filter: String, (name, told): (&'static str, &'static str)) {
    let (api, toasts) = (use_api(), use_toasts());
    spawn_local(async move {
        toasts.say(match P::audit_csv(api, filter).await {
            Ok(file) => browser::save(name, csv::MEDIA_TYPE, &[&file]).map_or_else(|refused| refused, |()| told).to_owned(),
            Err(error) => error.sentence(),
        });
    });
}
