//! Who did what in this system.

mod detail;
pub(crate) mod filter;
pub(super) mod words;

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use wasm_bindgen_futures::spawn_local;

use self::{detail::Detail, filter::to_filter};
use super::{AuditLine, Manner, OperatorPortal, space::address};
use crate::{
    api::use_api,
    badge::Status,
    browser,
    empty::EmptyState,
    field::Choice,
    format::number,
    layout::{PageSlots, use_page},
    list::{
        bar::{ListFoot, ViewBar, ViewTab},
        filter_bar::{FilterBar, FilterDef, FilterKind},
        query::{ListQuery, use_list_query},
        rows::Rows,
        state::{ListState, encode, query_value},
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
    show_panel::<P>(page, query, rows);
    Effect::new(move |_| {
        page.count.set(rows.total.get().map(|(total, capped)| number::total(total, capped)).unwrap_or_default());
    });
    let columns = columns(P::MANNER);
    let (choosable, usual) = (choosable(&columns), usual(&columns));
    let on_csv = move |()| save::<P>(query);
    let href = move |line: Arc<AuditLine>| untrack(|| query.with(|state| with_record::<P>(state, &line.id)));
    view! {
        <div class="listbar">
            <ViewBar query views=Signal::derive(views)/>
            <FilterBar query search=t!("Action") filters=filters(query) columns=choosable usual_columns=usual on_csv/>
        </div>
        <VirtualTable
            rows
            label=t!("Audit")
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

/// Address of the list with one record open.
fn with_record<P: OperatorPortal>(state: &ListState, id: &str) -> String {
    let query = state.to_query();
    let joint = if query.is_empty() { "?" } else { "&" };
    format!("{}{query}{joint}record={}", address::<P>("audit"), encode(id))
}

/// The same from another page, where a record is among those without reading.
pub(super) fn record_address<P: OperatorPortal>(id: &str) -> String {
    with_record::<P>(&without_reading(), id)
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

fn filters(query: ListQuery) -> Vec<FilterDef> {
    let mut filters = vec![
        FilterDef { field: "category", label: t!("Kind"), kind: FilterKind::Choice(Signal::derive(words::categories)) },
        FilterDef { field: "action", label: t!("Action"), kind: FilterKind::Choice(Signal::derive(words::actions)) },
        FilterDef { field: "outcome", label: t!("Result"), kind: FilterKind::Choice(Signal::derive(words::outcomes)) },
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
            view! { <span class=class>{words::who(&line.actor)}</span> }
        })
        .on_phone("c"),
        Column::new("kind", t!("Kind"), |line: &AuditLine| words::category(&line.category).to_owned()).soft().width(150).hidden(),
        Column::new("ip", t!("Address"), |line: &AuditLine| view! { <span class="mono muted">{line.ip.clone()}</span> })
            .width(150),
        Column::new("at", manner.time_head(), move |line: &AuditLine| {
            view! { <span class="tnum nowrap">{manner.second(line.at.as_ref())}</span> }
        })
        .soft()
        .width(230)
        .on_phone("d"),
        Column::new("outcome", t!("Result"), |line: &AuditLine| {
            let (tone, glyph, text) = words::outcome(&line.category, &line.outcome);
            view! { <Status tone glyph text/> }
        })
        .width(140)
        .on_phone("b"),
        Column::new("number", t!("Number"), |line: &AuditLine| {
            view! { <span class="mono muted">{line.correlation_id.clone()}</span> }
        })
        .width(280)
        .hidden(),
    ]
}

/// The record of the address stands in the right panel.
fn show_panel<P: OperatorPortal>(page: PageSlots, query: ListQuery, rows: Rows<AuditLine>) {
    let search = use_location().search;
    let id = Memo::new(move |_| search.with(|search| query_value(search, "record")));
    let navigate = StoredValue::new_local(use_navigate());
    let close = Callback::new(move |()| {
        let to = format!("{}{}", address::<P>("audit"), untrack(|| query.get()).to_query());
        let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate.with_value(|navigate| navigate(&to, options));
    });
    let line = Memo::new(move |_| {
        let id = id.get()?;
        rows.with(|all| all.iter().find(|line| line.id == id).map(|line| (**line).clone()))
    });
    Effect::new(move |_| {
        let line = line.get();
        let is_sheet = browser::matches("(max-width: 1180px)");
        page.panel_open.set(line.is_some() && is_sheet);
        let panel = move |line: AuditLine| ViewFn::from(move || view! { <Detail line=line.clone() manner=P::MANNER close/> });
        page.panel.set(line.map(panel));
    });
    // A closed sheet closes the record, or the same row could not open it again.
    Effect::new(move |was: Option<bool>| {
        let open = page.panel_open.get();
        if was == Some(true) && !open && id.get_untracked().is_some() {
            close.run(());
        }
        open
    });
}

/// Saves the matching records as a file.
fn save<P: OperatorPortal>(query: ListQuery) {
    let (api, toasts) = (use_api(), use_toasts());
    let filter = untrack(|| query.with(to_filter));
    spawn_local(async move {
        match P::audit_csv(api, filter).await {
            Ok(file) if browser::download("audit.csv", "text/csv;charset=utf-8", &[&file]).is_ok() => {
                toasts.say(t!("Audit saved as a file"));
            }
            Ok(_) => toasts.say(t!("The browser does not let us save a file.")),
            Err(error) => toasts.say(error.sentence()),
        }
    });
}
