//! What each company is on.

use std::sync::Arc;

use leptos::prelude::*;
use streamflow_proto::accountant::v1::{self as pb, subscription_service_client::SubscriptionServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{Api, error::ApiError, use_api},
    badge::Status,
    empty::EmptyState,
    format::{self, date},
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
    operator::company,
    table::{Column, VirtualTable, choosable, usual},
    toast::use_toasts,
};

const CHIPS: &[ChipOf] = &[
    ChipOf::new("state", Compare::Equal),
    ChipOf::new("plan", Compare::Has),
    ChipOf::named("since_from", "created_at", Compare::FromMoment),
    ChipOf::named("trial_until", "trial_ends_at", Compare::UntilMoment),
];
const USUAL_ORDER: &str = "name";
const PAGE_SIZE: i32 = 100;

/// `subscriptions` below the portal's base.
pub fn subscriptions() -> impl IntoView {
    let api = use_api();
    use_page(t!("Subscriptions"))
        .flush()
        .with_lead(t!("What each company is on. Nothing of it is kept here: it is asked for anew each time."));
    let query = use_list_query(USUAL_ORDER);
    let rows = Rows::new(
        |line: &pb::Subscription| line.tenant_id.clone(),
        move |page_token| {
            let state = query.asked();
            async move { read(api, &state, page_token, PAGE_SIZE).await }
        },
    );
    let columns = columns();
    let (choosable, usual) = (choosable(&columns), usual(&columns));
    let orders = vec![(USUAL_ORDER, t!("Name")), ("created_at desc", t!("Newest")), ("created_at", t!("Oldest"))];
    // A line has no page of its own: opening it leads to itself, and other lines leave.
    let href = move |line: Arc<pb::Subscription>| {
        let only = ListState { text: line.tenant_id.clone(), ..ListState::default() };
        format!("/accounting/subscriptions{}", only.to_query())
    };
    view! {
        <div class="listbar">
            <ViewBar query views=Signal::derive(views)/>
            <FilterBar
                query
                search=t!("Name, number")
                filters=filters()
                orders
                columns=choosable
                usual_columns=usual
                on_csv=move |()| save(api, query)
            />
        </div>
        <VirtualTable
            rows
            label=t!("Subscriptions")
            columns
            query
            name=|line: &pb::Subscription| line.name.clone()
            href
            empty=move || {
                view! { <EmptyState title=t!("No subscriptions yet") text=t!("Each company has a line here from its registration on.")/> }
            }
        />
        <ListFoot rows/>
    }
}

async fn read(api: Api, state: &ListState, page_token: String, page_size: i32) -> Result<Page<pb::Subscription>, ApiError> {
    let order_by = if state.order_by.is_empty() { USUAL_ORDER } else { &state.order_by }.to_owned();
    let request = pb::ListSubscriptionsRequest { page_size, page_token, filter: to_filter(state, CHIPS), order_by };
    let call = async |transport, request| SubscriptionServiceClient::new(transport).list_subscriptions(request).await;
    let reply = api.read(request, call).await?;
    Ok(Page { rows: reply.subscriptions, next_page_token: reply.page.unwrap_or_default().next_page_token, total: None })
}

fn views() -> Vec<ViewTab> {
    let of = |(filter, label): (&str, &'static str)| {
        let mut state = ListState::default();
        state.set_filter("state", filter);
        ViewTab { id: filter.to_lowercase(), label: t!(label).to_owned(), count: None, state, removable: false }
    };
    std::iter::once(ViewTab::all(t!("All"))).chain(company::STATES.map(of)).collect()
}

fn filters() -> Vec<FilterDef> {
    vec![
        FilterDef { field: "state", label: t!("State"), kind: FilterKind::Choice(Signal::derive(company::states)) },
        FilterDef { field: "plan", label: t!("Plan"), kind: FilterKind::Text },
        FilterDef { field: "since_from", label: t!("Since"), kind: FilterKind::Since },
        FilterDef { field: "trial_until", label: t!("Trial ends"), kind: FilterKind::Until },
    ]
}

fn columns() -> Vec<Column<pb::Subscription>> {
    let dated = |at: Option<&prost_types::Timestamp>| match at {
        Some(_) => view! { <span class="tnum nowrap">{format::full_day(at)}</span> }.into_any(),
        None => company::none().into_any(),
    };
    vec![
        Column::new("name", t!("Company"), |line: &pb::Subscription| line.name.clone()).sorted_by("name"),
        Column::new("plan", t!("Plan"), |line: &pb::Subscription| company::plain(&line.plan, t!("No plan")))
            .width(120)
            .on_phone("c"),
        Column::new("state", t!("State"), |line: &pb::Subscription| {
            let (tone, glyph, text) = company::state(line.state().as_str_name());
            view! { <Status tone glyph text/> }
        })
        .width(140)
        .on_phone("b"),
        Column::new("since", t!("Since"), move |line: &pb::Subscription| dated(line.since.as_ref()))
            .soft()
            .width(165)
            .on_phone("d")
            .sorted_by("created_at"),
        Column::new("trial_ends", t!("Trial ends"), move |line: &pb::Subscription| dated(line.trial_ends_at.as_ref()))
            .soft()
            .width(165),
        Column::new("suspended", t!("Suspended"), move |line: &pb::Subscription| dated(line.suspended_at.as_ref()))
            .soft()
            .width(165)
            .hidden(),
        Column::new("number", t!("Number"), |line: &pb::Subscription| company::number(&line.external_customer_id)).width(150),
    ]
}

/// Saves all that match.
fn save(api: Api, query: ListQuery) {
    let asked = query.get_untracked();
    spawn_local(async move {
        let heads = [
            t!("Company"),
            t!("In addresses"),
            t!("Number"),
            t!("Plan"),
            t!("State"),
            t!("Since"),
            t!("Trial ends"),
            t!("Suspended"),
        ];
        let fetch = |token| read(api, &asked, token, file::PAGE);
        let told = |_| t!("Subscriptions saved as a file").to_owned();
        if let Err(error) = file::save(fetch, heads, cells, "subscriptions.csv", told).await {
            use_toasts().say(error.sentence());
        }
    });
}

fn cells(line: &pb::Subscription) -> [String; 8] {
    let at = |at: Option<&prost_types::Timestamp>| at.map(|at| date::iso_utc(at.seconds)).unwrap_or_default();
    [
        line.name.clone(),
        line.tenant_id.clone(),
        line.external_customer_id.clone(),
        line.plan.clone(),
        company::state(line.state().as_str_name()).2.to_owned(),
        at(line.since.as_ref()),
        at(line.trial_ends_at.as_ref()),
        at(line.suspended_at.as_ref()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chips_become_one_filter() {
        let mut state = ListState { text: "spa".into(), ..ListState::default() };
        state.set_filter("plan", "standard");
        assert_eq!(to_filter(&state, CHIPS), r#"search : "spa" AND plan : "standard""#);
    }
}
