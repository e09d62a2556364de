//! Companies on their way: how far each has come, what it waits for, and trying again at once.

mod table;
mod words;

use std::time::Duration;

use leptos::prelude::*;
use prost_types::Timestamp;
use streamflow_proto::provider::v1::{self as pb, provisioning_service_client::ProvisioningServiceClient};
use tonic::Code;
use web_kit::{
    api::{Api, error::ApiError, use_api},
    browser,
    button::Button,
    empty::EmptyState,
    error_panel::{ErrorNote, ErrorPanel},
    field::Choice,
    layout::use_page,
    list::{
        aip,
        query::use_list_query,
        rows::{Page, Rows},
    },
    live,
    load::look_again,
    skeleton::{Delayed, SkeletonLines},
    tabs::Segmented,
};

use self::table::RegistrationTable;
use super::away::AwayNote;

const PAGE: i32 = 50;
/// Between two looks while something is under way and the page is in sight.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// Every so many of them otherwise: somebody may be asking for a company.
const QUIET: u32 = 5;

/// Since when there is no answer; the inner one is unknown where there never was any.
type Away = Option<Option<Timestamp>>;

/// `provisioning` below the portal's base.
pub fn provisioning() -> impl IntoView {
    let api = use_api();
    use_page(t!("Provisioning")).canvas().with_lead(t!("Companies on their way, from the request to the first sign-in."));
    let state = use_list_query("").switch("state", "");
    let away = RwSignal::new(None::<Option<Timestamp>>);
    // By how much the other system's clock, which the times are of, is ahead of this one.
    let ahead = RwSignal::new(0);
    let rows = Rows::new(
        |one: &pb::Registration| one.id.clone(),
        move |page_token| {
            let state = state.get();
            async move { read(api, state, page_token, away, ahead).await }
        },
    );
    let seen = RwSignal::new(browser::now());
    let now = Signal::derive(move || seen.get() + ahead.get());
    let quiet = StoredValue::new(0);
    look_again(LOOK_EVERY, move || {
        seen.set(browser::now());
        let under_way = rows.with_untracked(|all| all.iter().any(|one| one.state() != pb::RegistrationState::Done));
        quiet.update_value(|count| *count += 1);
        if under_way || away.with_untracked(Option::is_some) || quiet.get_value() >= QUIET {
            quiet.set_value(0);
            rows.look();
        }
    });
    // Whoever is done becomes a tenant then.
    live::follow(|_| true, move || rows.look());
    let changed = Callback::new(move |one: pb::Registration| rows.replace(one));
    let meanwhile = t!("Registrations go on by themselves; this page looks again every few seconds.");
    view! {
        <div class="stack gap-4">
            <div class="row row-wrap"><Segmented label=t!("State") value=state choices=choices()/></div>
            {move || away.get().map(|since| view! { <AwayNote since meanwhile/> })}
            {move || standing(rows, away.get(), state.get().is_empty())}
            <Show when=move || rows.count() != 0><RegistrationTable rows now changed/></Show>
            <Show when=move || rows.is_ready() && rows.has_more()>
                <div><Button busy=rows.loading on_click=move |_| rows.more()>{t!("Show more")}</Button></div>
            </Show>
        </div>
    }
}

fn choices() -> Vec<Choice> {
    vec![
        Choice::new("", t!("All")),
        Choice::new("UNDER_WAY", t!("Under way")),
        Choice::new("FAILING", t!("Failing")),
        Choice::new("DONE", t!("Done")),
    ]
}

async fn read(
    api: Api,
    state: String,
    page_token: String,
    away: RwSignal<Away>,
    ahead: RwSignal<i64>,
) -> Result<Page<pb::Registration>, ApiError> {
    let filter = if state.is_empty() { String::new() } else { aip::eq("state", &state) };
    let request = pb::ListRegistrationsRequest { page_size: PAGE, page_token, filter };
    let call = async |transport, request| ProvisioningServiceClient::new(transport).list_registrations(request).await;
    let reply = api.read(request, call).await?;
    away.try_set(reply.away.then_some(reply.last_answer_at));
    if reply.away {
        // What was read before stays on the page.
        return Err(ApiError::new(Code::Aborted, t!("The companies’ own system does not answer.")));
    }
    ahead.try_set(reply.last_answer_at.map_or(0, |at| at.seconds - browser::now()));
    let next_page_token = reply.page.unwrap_or_default().next_page_token;
    Ok(Page { rows: reply.registrations, next_page_token, total: None })
}

/// What stands where the rows would, or above them.
fn standing(rows: Rows<pb::Registration>, away: Away, all: bool) -> AnyView {
    match (rows.is_ready(), rows.error.get()) {
        (_, Some(_)) if away.is_some() => ().into_any(),
        (false, Some(error)) => view! { <ErrorPanel what=t!("Registrations") error on_retry=move |()| rows.retry()/> }.into_any(),
        (false, None) => view! { <Delayed><SkeletonLines/></Delayed> }.into_any(),
        (true, Some(error)) => view! { <ErrorNote error on_retry=move |()| rows.retry()/> }.into_any(),
        (true, None) if rows.count() == 0 && all => view! {
            <EmptyState
                title=t!("No registrations yet")
                text=t!("Whoever signs up, or is registered by another program, appears here at once.")
            />
        }
        .into_any(),
        (true, None) if rows.count() == 0 => {
            view! { <EmptyState title=t!("None of these") text=t!("No registration is in this state right now.")/> }.into_any()
        }
        (true, None) => ().into_any(),
    }
}
