//! Who did what in the company. One record per request; nobody can change it.

mod detail;
mod filter;
mod words;

use std::sync::Arc;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, audit_service_client::AuditServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{error::ApiError, use_api},
    audit,
    badge::{Avatar, Status},
    browser, csv,
    empty::EmptyState,
    error_panel::ErrorNote,
    format::{self, date, number, zone},
    layout::use_page,
    list::{
        bar::{ListFoot, ViewTab},
        chips::to_filter,
        filter_bar::{FilterBar, FilterDef, FilterKind},
        opened::{show_record, with_record},
        query::{ListQuery, use_list_query},
        rows::{Page, Rows},
        state::ListState,
    },
    table::{self, Column, VirtualTable},
    toast::use_toasts,
};

use self::{
    detail::{Detail, RecordLink},
    filter::CHIPS,
};
use crate::{
    api::{address, may},
    parts::{
        directory::use_directory,
        download,
        news::{Newer, use_newer},
        views::{ViewsBar, use_views},
    },
};

const PAGE: i32 = 100;
const NEWEST_FIRST: &str = "at desc";

#[component]
pub fn AuditPage() -> impl IntoView {
    let page = use_page(t!("Audit log")).flush();
    let query = use_list_query(NEWEST_FIRST);
    begin_without_reading(query);
    let rows = use_records(query);
    let problem = RwSignal::new(None::<ApiError>);
    let people = use_directory().people_to_filter();
    // Not counted beforehand: each count reads the audit, and is a record of its own.
    let views = use_views(pb::ListKind::Audit, CHIPS, query, built_in_views(), None);
    views.follow_total(rows.total);
    show_record(
        page,
        address("audit"),
        query,
        rows,
        |record| record.id.as_str(),
        move |record, close| view! { <Detail record query close/> }.into_any(),
    );
    Effect::new(move |_| {
        page.count.set(rows.total.get().map(|(total, capped)| number::total(total, capped)).unwrap_or_default());
    });
    let filters = vec![
        FilterDef { field: "category", label: t!("Kind"), kind: FilterKind::Choice(Signal::derive(words::categories)) },
        FilterDef { field: "outcome", label: t!("Result"), kind: FilterKind::Choice(Signal::derive(audit::outcomes)) },
        FilterDef { field: "actor_id", label: t!("Person"), kind: FilterKind::Choice(people) },
        FilterDef { field: "since", label: t!("Time"), kind: FilterKind::Since },
        FilterDef { field: "until", label: t!("Time"), kind: FilterKind::Until },
        FilterDef { field: "ip", label: t!("Address"), kind: FilterKind::Text },
        FilterDef { field: "entity_id", label: t!("Record id"), kind: FilterKind::Text },
    ];
    let csv = may("audit.export").then(|| Callback::new(move |()| export(query, problem)));
    let columns = columns();
    let (choosable, usual) = (table::choosable(&columns), table::usual(&columns));
    let orders = vec![(NEWEST_FIRST, t!("Newest first")), ("at", t!("Oldest first"))];
    let on_save_view = views.on_save();
    let bar = match csv {
        Some(on_csv) => {
            view! { <FilterBar query search=t!("Action") filters orders columns=choosable usual_columns=usual on_csv on_save_view/> }
        }
        None => {
            view! { <FilterBar query search=t!("Action") filters orders columns=choosable usual_columns=usual on_save_view/> }
        }
    };
    // Whatever others change has its record; what they only look at is not told.
    let newer = use_newer(|_| true);
    let show_newer = move |()| {
        newer.set(false);
        rows.reload();
    };
    let href =
        move |record: Arc<pb::AuditRecord>| untrack(|| query.with(|state| with_record(&address("audit"), state, &record.id)));
    view! {
        <ViewsBar views problem/>
        {bar}
        {move || problem.get().map(|error| view! { <div class="audit-problem"><ErrorNote error/></div> })}
        <Newer there=newer text=t!("There are newer records") on_show=show_newer/>
        <VirtualTable
            rows
            label=t!("Audit log")
            columns
            query
            name=name
            href=href
            empty=move || view! { <Nothing query/> }
        />
        <ListFoot rows/>
    }
}

/// Who just opens the page looks for what people did; what they only looked at is one press away.
fn begin_without_reading(query: ListQuery) {
    if browser::here() == address("audit") {
        query.update(|state| {
            "changes".clone_into(&mut state.view);
            state.set_filter("category", "!read");
        });
    }
}

fn name(record: &pb::AuditRecord) -> String {
    audit::action(&record.path)
}

fn use_records(query: ListQuery) -> Rows<pb::AuditRecord> {
    let api = use_api();
    Rows::new(
        |record: &pb::AuditRecord| record.id.clone(),
        move |page_token| {
            let asked = query.asked();
            let order_by = asked.order_by.clone();
            let request = pb::ListAuditRequest { page_size: PAGE, page_token, filter: to_filter(&asked, CHIPS), order_by };
            async move {
                let call = async |transport, request| AuditServiceClient::new(transport).list_audit(request).await;
                let reply = api.read(request, call).await?;
                let info = reply.page.unwrap_or_default();
                let total = Some((info.total_size.into(), info.total_is_capped)).filter(|(total, _)| *total > 0);
                Ok(Page { rows: reply.records, next_page_token: info.next_page_token, total })
            }
        },
    )
}

/// Ways of looking that are there for everyone.
fn built_in_views() -> Vec<ViewTab> {
    let with = |id: &str, label: &str, chip: &str, value: &str| {
        let mut state = ListState::default();
        state.set_filter(chip, value);
        ViewTab { id: id.to_owned(), state, ..ViewTab::all(label) }
    };
    vec![
        ViewTab::all(t!("All")),
        with("changes", t!("Without reading"), "category", "!read"),
        with("refused", t!("Refused"), "outcome", "!OK"),
        with("people", t!("Roles and people"), "category", "role_change"),
        with("sign-ins", t!("Signing in"), "category", "sign_in"),
        with("exports", t!("Exports"), "category", "export"),
    ]
}

fn columns() -> Vec<Column<pb::AuditRecord>> {
    vec![
        Column::new("at", t!("Time"), |record: &pb::AuditRecord| view! { <span class="tnum">{short_time(record)}</span> })
            .sorted_by("at")
            .width(112),
        Column::new("who", t!("Who"), |record: &pb::AuditRecord| {
            let name = words::who(record);
            if record.actor_name.is_empty() {
                view! { <span class="muted">{name}</span> }.into_any()
            } else {
                view! { <span class="row person"><Avatar name=name.clone()/><span class="truncate">{name}</span></span> }
                    .into_any()
            }
        })
        .width(150)
        .on_phone("c"),
        Column::new("role", t!("Role"), |record: &pb::AuditRecord| words::entity(&record.actor_role.to_lowercase()))
            .soft()
            .width(84),
        Column::new("action", t!("Action"), |record: &pb::AuditRecord| {
            view! { <span title=record.path.clone()>{audit::action(&record.path)}</span> }
        })
        .width(180)
        .on_phone("b"),
        Column::new("record", t!("Record"), |record: &pb::AuditRecord| view! { <RecordLink record=record.clone()/> }),
        Column::new("ip", t!("Address"), |record: &pb::AuditRecord| {
            view! { <span class="mono muted">{record.ip.clone()}</span> }
        })
        .width(108),
        Column::new("outcome", t!("Result"), |record: &pb::AuditRecord| {
            let (tone, glyph, text) = audit::outcome(&record.outcome);
            view! { <Status tone glyph text/> }
        })
        .width(116)
        .on_phone("d"),
    ]
}

/// "13:36:04" today, "18 Nov, 13:36" before.
fn short_time(record: &pb::AuditRecord) -> String {
    let Some(at) = record.at else { return String::new() };
    let local = zone::local(at.seconds);
    if date::iso(local) == format::today() {
        date::clock(local)
    } else {
        format!("{}, {}", date::short_day(local), date::time(local))
    }
}

#[component]
fn Nothing(query: ListQuery) -> impl IntoView {
    move || {
        if query.with(ListState::is_narrowed) {
            view! { <EmptyState title=t!("Nothing like that") text=t!("No request matches these filters. Remove one, or widen the days.")/> }
        } else {
            view! { <EmptyState title=t!("Nothing yet") text=t!("Every request of your company leaves a record here.")/> }
        }
    }
}

/// Streams the matching records into a file.
fn export(query: ListQuery, problem: RwSignal<Option<ApiError>>) {
    let filter = untrack(|| query.with(|state| to_filter(state, CHIPS)));
    spawn_local(async move {
        match save(filter).await {
            Ok(()) => {
                problem.try_set(None);
                use_toasts().say(t!("Audit log saved as a file"));
            }
            Err(error) => drop(problem.try_set(Some(error))),
        }
    });
}

async fn save(filter: String) -> Result<(), ApiError> {
    let opened = AuditServiceClient::new(use_api().transport()).export_audit(pb::ExportAuditRequest { filter }).await;
    download::save(opened, |piece: pb::ExportAuditResponse| piece.data, ("audit.csv", csv::MEDIA_TYPE), |_| ()).await
}
