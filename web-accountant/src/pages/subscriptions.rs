//! What each company is on.

use std::sync::Arc;

use leptos::prelude::*;
use streamflow_proto::accountant::v1::{self as pb, subscription_service_client::SubscriptionServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{Api, error::ApiError, use_api},
    badge::{Status, Tone},
    csv::Csv,
    empty::EmptyState,
    field::Choice,
    format::{date, zone},
    icon::{Glyph, glyphs},
    layout::use_page,
    list::{
        bar::{ListFoot, ViewBar, ViewTab},
        chips::{ChipOf, Compare, to_filter},
        filter_bar::{FilterBar, FilterDef, FilterKind},
        query::{ListQuery, use_list_query},
        rows::{Page, Rows},
        state::ListState,
    },
    table::{Column, VirtualTable, choosable, usual},
    toast::{Toasts, use_toasts},
};

const CHIPS: &[ChipOf] = &[
    ChipOf::new("state", Compare::Equal),
    ChipOf::new("plan", Compare::Has),
    ChipOf::named("since_from", "created_at", Compare::FromMoment),
    ChipOf::named("trial_until", "trial_ends_at", Compare::UntilMoment),
];
const USUAL_ORDER: &str = "name";
const PAGE_SIZE: i32 = 100;
/// The largest page there is, for files.
const FILE_PAGE: i32 = 200;

/// State as the server names it, word of a filter, and what it is called.
const STATES: [(&str, &str, &str); 6] = [
    ("active", "ACTIVE", mark!("Active")),
    ("trial", "TRIAL", mark!("Trial")),
    ("trial_ended", "TRIAL_ENDED", mark!("Trial ended")),
    ("suspended", "SUSPENDED", mark!("Suspended")),
    ("closing", "CLOSING", mark!("Will be deleted")),
    ("deleted", "DELETED", mark!("Deleted")),
];

/// `subscriptions` below the portal's base.
pub fn subscriptions() -> impl IntoView {
    let (api, toasts) = (use_api(), use_toasts());
    use_page(t!("Subscriptions"))
        .flush()
        .with_lead(t!("What each company is on. Nothing of it is kept here: it is asked for anew each time."));
    let query = use_list_query(USUAL_ORDER);
    let rows = Rows::new(
        |line: &pb::Subscription| line.tenant_id.clone(),
        move |page_token| {
            let state = query.asked();
            async move {
                let reply = read(api, &state, page_token, PAGE_SIZE).await?;
                let next_page_token = reply.page.unwrap_or_default().next_page_token;
                Ok(Page { rows: reply.subscriptions, next_page_token, total: None })
            }
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
                on_csv=move |()| save(api, toasts, query)
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

async fn read(
    api: Api,
    state: &ListState,
    page_token: String,
    page_size: i32,
) -> Result<pb::ListSubscriptionsResponse, ApiError> {
    let order_by = if state.order_by.is_empty() { USUAL_ORDER } else { &state.order_by }.to_owned();
    let request = pb::ListSubscriptionsRequest { page_size, page_token, filter: to_filter(state, CHIPS), order_by };
    let call = async |transport, request| SubscriptionServiceClient::new(transport).list_subscriptions(request).await;
    api.read(request, call).await
}

fn views() -> Vec<ViewTab> {
    let of = |(_, filter, label): (&str, &str, &'static str)| {
        let mut state = ListState::default();
        state.set_filter("state", filter);
        ViewTab { id: filter.to_lowercase(), label: t!(label).to_owned(), count: None, state, removable: false }
    };
    std::iter::once(ViewTab::all(t!("All"))).chain(STATES.map(of)).collect()
}

fn filters() -> Vec<FilterDef> {
    let states = STATES.map(|(_, filter, label)| Choice::new(filter, t!(label))).to_vec();
    vec![
        FilterDef { field: "state", label: t!("State"), kind: FilterKind::Choice(Signal::stored(states)) },
        FilterDef { field: "plan", label: t!("Plan"), kind: FilterKind::Text },
        FilterDef { field: "since_from", label: t!("Since"), kind: FilterKind::Since },
        FilterDef { field: "trial_until", label: t!("Trial ends"), kind: FilterKind::Until },
    ]
}

/// Colour, icon and word of a state.
fn state(name: &str) -> (Tone, Glyph, String) {
    let (tone, glyph) = match name {
        "active" => (Tone::Success, glyphs::CIRCLE_CHECK),
        "trial" => (Tone::Info, glyphs::HOURGLASS_HALF),
        "trial_ended" => (Tone::Warning, glyphs::TRIANGLE_EXCLAMATION),
        "closing" => (Tone::Warning, glyphs::CLOCK),
        "deleted" => (Tone::Neutral, glyphs::XMARK),
        _ => (Tone::Neutral, glyphs::CIRCLE_PAUSE),
    };
    (tone, glyph, STATES.iter().find(|(known, ..)| *known == name).map_or(name, |(.., word)| t!(word)).to_owned())
}

fn day(at: Option<&prost_types::Timestamp>) -> String {
    at.map(|at| date::full_day(zone::local(at.seconds))).unwrap_or_default()
}

fn columns() -> Vec<Column<pb::Subscription>> {
    let dated = |at: Option<&prost_types::Timestamp>| view! { <span class="tnum nowrap">{day(at)}</span> };
    vec![
        Column::new("name", t!("Company"), |line: &pb::Subscription| line.name.clone()).sorted_by("name"),
        Column::new("plan", t!("Plan"), |line: &pb::Subscription| line.plan.clone()).width(120).on_phone("c"),
        Column::new("state", t!("State"), |line: &pb::Subscription| {
            let (tone, glyph, text) = state(&line.state);
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
        Column::new("number", t!("Number"), |line: &pb::Subscription| {
            view! { <span class="mono muted">{line.external_customer_id.clone()}</span> }
        })
        .width(150),
    ]
}

/// Saves all that match as a file, read page by page.
fn save(api: Api, toasts: Toasts, query: ListQuery) {
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
        let (mut csv, mut page_token) = (Csv::new(heads), String::new());
        loop {
            let reply = match read(api, &asked, page_token, FILE_PAGE).await {
                Ok(reply) => reply,
                Err(error) => return toasts.say(error.sentence()),
            };
            reply.subscriptions.iter().for_each(|line| csv.row(cells(line)));
            page_token = reply.page.unwrap_or_default().next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        toasts.say(csv.save("subscriptions.csv").map_or_else(|refused| refused, |()| t!("Subscriptions saved as a file")));
    });
}

fn cells(line: &pb::Subscription) -> [String; 8] {
    let at = |at: Option<&prost_types::Timestamp>| at.map(|at| date::iso_utc(at.seconds)).unwrap_or_default();
    [
        line.name.clone(),
        line.tenant_id.clone(),
        line.external_customer_id.clone(),
        line.plan.clone(),
        state(&line.state).2,
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
        assert_eq!(super::state("trial_ended").2, "Trial ended");
    }
}
