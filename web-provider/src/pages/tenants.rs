//! The list of companies.

use std::sync::Arc;

use leptos::prelude::*;
use streamflow_proto::provider::v1::{self as pb, tenant_service_client::TenantServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{Api, error::ApiError, use_api},
    badge::{Status, Tag},
    empty::EmptyState,
    field::Choice,
    format::{self, number},
    layout::use_page,
    list::{
        bar::{ListFoot, ViewBar, ViewTab},
        chips::{ChipOf, Compare, to_filter},
        file,
        filter_bar::{FilterBar, FilterDef, FilterKind},
        query::{ListQuery, use_list_query},
        rows::{Page, Rows},
        state::ListState,
    },
    live,
    load::Load,
    operator::company,
    table::{Column, VirtualTable, choosable, usual},
    toast::use_toasts,
};

use super::words;

const CHIPS: &[ChipOf] = &[
    ChipOf::new("state", Compare::Equal),
    ChipOf::new("plan", Compare::Equal),
    ChipOf::new("industry", Compare::Equal),
    ChipOf::named("made_since", "created_at", Compare::FromMoment),
    ChipOf::named("made_until", "created_at", Compare::UntilMoment),
];
const USUAL_ORDER: &str = "created_at desc";
const PAGE_SIZE: i32 = 100;

/// Address of one company.
pub fn address(tenant_id: &str) -> String {
    format!("/provider/tenants/{tenant_id}")
}

/// `tenants` below the portal's base.
pub fn tenants() -> impl IntoView {
    let api = use_api();
    let page = use_page(t!("Tenants")).flush();
    let query = use_list_query(USUAL_ORDER);
    let rows = Rows::new(
        |tenant: &pb::Tenant| tenant.tenant_id.clone(),
        move |page_token| {
            let state = query.asked();
            async move { read(api, &state, page_token, PAGE_SIZE).await }
        },
    );
    // What filters offer, and the numbers on the views.
    let fleet = Load::new(move || async move { super::fleet(api, 7).await });
    Effect::new(move |_| page.count.set(fleet.with(|fleet| fleet.map(|fleet| number::count(fleet.tenants)).unwrap_or_default())));
    live::follow(
        |_| true,
        move || {
            rows.look();
            fleet.reload();
        },
    );
    let columns = columns();
    let (choosable, usual) = (choosable(&columns), usual(&columns));
    let orders = vec![(USUAL_ORDER, t!("Newest")), ("name", t!("Name"))];
    let href = |tenant: Arc<pb::Tenant>| address(&tenant.tenant_id);
    view! {
        <div class="listbar">
            <ViewBar query views=Signal::derive(move || fleet.with(views))/>
            <FilterBar
                query
                search=t!("Name, external number")
                filters=filters(fleet)
                orders
                columns=choosable
                usual_columns=usual
                on_csv=move |()| save(api, query)
            />
        </div>
        <VirtualTable
            rows
            label=t!("Tenants")
            columns
            query
            name=|tenant: &pb::Tenant| tenant.name.clone()
            href
            empty=move || {
                view! { <EmptyState title=t!("No tenants yet") text=t!("A company appears here within seconds of its registration.")/> }
            }
        />
        <ListFoot rows/>
    }
}

async fn read(api: Api, state: &ListState, page_token: String, page_size: i32) -> Result<Page<pb::Tenant>, ApiError> {
    let request =
        pb::ListTenantsRequest { page_size, page_token, filter: to_filter(state, CHIPS), order_by: state.order_by.clone() };
    let call = async |transport, request| TenantServiceClient::new(transport).list_tenants(request).await;
    let reply = api.read(request, call).await?;
    Ok(Page { rows: reply.tenants, next_page_token: reply.page.unwrap_or_default().next_page_token, total: None })
}

fn views(fleet: Option<&pb::GetFleetResponse>) -> Vec<ViewTab> {
    let count = |name: &str| fleet.map(|fleet| number::count(words::in_state(fleet, name)));
    let of = |id: &str, label: &str, state: &str| {
        let mut shown = ListState::default();
        shown.set_filter("state", state);
        ViewTab { id: id.to_owned(), label: label.to_owned(), count: count(state), state: shown, removable: false }
    };
    let all = ViewTab { count: fleet.map(|fleet| number::count(fleet.tenants)), ..ViewTab::all(t!("All")) };
    vec![
        all,
        of("trials", t!("Trials"), "TRIAL"),
        of("ended", t!("Trial ended"), "TRIAL_ENDED"),
        of("suspended", t!("Suspended"), "SUSPENDED"),
    ]
}

fn filters(fleet: Load<pb::GetFleetResponse>) -> Vec<FilterDef> {
    let named = |counts: fn(&pb::GetFleetResponse) -> &Vec<pb::FleetCount>| {
        FilterKind::Choice(Signal::derive(move || {
            let known = fleet.with(|fleet| fleet.map(|fleet| counts(fleet).clone()).unwrap_or_default());
            let named = known.into_iter().filter(|count| !count.name.is_empty());
            named.map(|count| Choice::new(count.name.clone(), words::plain(&count.name, ""))).collect()
        }))
    };
    vec![
        FilterDef { field: "state", label: t!("State"), kind: FilterKind::Choice(Signal::derive(company::states)) },
        FilterDef { field: "plan", label: t!("Plan"), kind: named(|fleet| &fleet.by_plan) },
        FilterDef { field: "industry", label: t!("Industry"), kind: named(|fleet| &fleet.by_industry) },
        FilterDef { field: "made_since", label: t!("Created"), kind: FilterKind::Since },
        FilterDef { field: "made_until", label: t!("Created"), kind: FilterKind::Until },
    ]
}

fn columns() -> Vec<Column<pb::Tenant>> {
    let day = |at: Option<&prost_types::Timestamp>| match at {
        Some(_) => view! { <span class="tnum nowrap">{format::day(at)}</span> }.into_any(),
        None => company::none().into_any(),
    };
    vec![
        Column::new("name", t!("Tenant"), |tenant: &pb::Tenant| {
            let short = format::initials(&tenant.name);
            view! { <span class="row"><span class="avatar is-md is-org" aria-hidden="true">{short}</span><span class="truncate">{tenant.name.clone()}</span></span> }
        })
        .sorted_by("name"),
        Column::new("industry", t!("Industry"), |tenant: &pb::Tenant| words::plain(&tenant.industry, t!("None"))).soft().on_phone("c"),
        Column::new("plan", t!("Plan"), |tenant: &pb::Tenant| {
            (!tenant.plan.is_empty()).then(|| view! { <Tag text=words::plain(&tenant.plan, "")/> })
        })
        .width(140),
        Column::new("state", t!("State"), |tenant: &pb::Tenant| {
            let (tone, glyph, text) = company::state(tenant.state().as_str_name());
            view! { <Status tone glyph text/> }
        })
        .width(150)
        .on_phone("b"),
        Column::new("trial_ends", t!("Trial ends"), move |tenant: &pb::Tenant| day(tenant.trial_ends_at.as_ref())).soft().width(130),
        Column::new("made", t!("Created"), move |tenant: &pb::Tenant| day(tenant.created_at.as_ref()))
            .soft()
            .width(130)
            .on_phone("d")
            .sorted_by("created_at"),
        Column::new("number", t!("External number"), |tenant: &pb::Tenant| company::number(&tenant.external_customer_id))
        .width(170),
        Column::new("tenant_id", t!("In addresses"), |tenant: &pb::Tenant| {
            view! { <span class="mono muted">{tenant.tenant_id.clone()}</span> }
        })
        .width(190)
        .hidden(),
        Column::new("told", t!("Last report"), |tenant: &pb::Tenant| format::ago(tenant.reported_at.as_ref())).soft().width(130).hidden(),
    ]
}

/// Saves all that match.
fn save(api: Api, query: ListQuery) {
    let state = query.get_untracked();
    spawn_local(async move {
        let heads = [
            t!("Tenant"),
            t!("In addresses"),
            t!("State"),
            t!("Plan"),
            t!("Industry"),
            t!("Created"),
            t!("Trial ends"),
            t!("Suspended"),
            t!("External number"),
        ];
        let fetch = |token| read(api, &state, token, file::PAGE);
        let told = |_| t!("Tenants saved as a file").to_owned();
        if let Err(error) = file::save(fetch, heads, cells, "tenants.csv", told).await {
            use_toasts().say(error.sentence());
        }
    });
}

fn cells(tenant: &pb::Tenant) -> [String; 9] {
    let at = |at: Option<&prost_types::Timestamp>| at.map(|at| format::date::iso_utc(at.seconds)).unwrap_or_default();
    [
        tenant.name.clone(),
        tenant.tenant_id.clone(),
        company::state(tenant.state().as_str_name()).2.to_owned(),
        tenant.plan.clone(),
        tenant.industry.clone(),
        at(tenant.created_at.as_ref()),
        at(tenant.trial_ends_at.as_ref()),
        at(tenant.suspended_at.as_ref()),
        tenant.external_customer_id.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chips_become_one_filter() {
        let mut state = ListState { text: "spa".into(), ..ListState::default() };
        state.set_filter("state", "TRIAL");
        state.set_filter("unknown", "x");
        assert_eq!(to_filter(&state, CHIPS), r#"search : "spa" AND state = "TRIAL""#);
    }
}
