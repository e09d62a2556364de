//! Background tasks: what is done again and again, what waits, and what was given up.

mod act;
mod dead;
mod gauges;
mod queue;
mod schedules;
pub(super) mod words;

use std::time::Duration;

use leptos::prelude::*;
use streamflow_proto::dev::v1::{self as pb, job_service_client::JobServiceClient};
use web_kit::{
    api::{Api, error::ApiError, use_api},
    browser,
    layout::use_page,
    list::rows::{Page, Rows},
    load::Load,
};

use self::{dead::DeadLetters, gauges::Gauges, queue::Queue, schedules::Schedules};
use super::live::{Kept, LiveSwitch, keep_up};

/// Between two looks while the page is in sight.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const PAGE: i32 = 50;

#[component]
pub fn JobsPage() -> impl IntoView {
    let api = use_api();
    let live = RwSignal::new(true);
    use_page(t!("jobs")).canvas().with_actions(move || view! { <LiveSwitch live every=LOOK_EVERY/> });
    let figures = Load::new(move || async move {
        api.read(pb::GetQueueRequest {}, async |transport, request| JobServiceClient::new(transport).get_queue(request).await)
            .await
    });
    let schedules = Load::new(move || async move {
        let call = async |transport, request| JobServiceClient::new(transport).list_schedules(request).await;
        api.read(pb::ListSchedulesRequest {}, call).await.map(|reply| reply.schedules)
    });
    let dead = Rows::new(|job: &pb::Job| job.id.clone(), move |token| list(api, "state = dead".to_owned(), token));
    let state = RwSignal::new(String::new());
    let jobs = Rows::new(
        |job: &pb::Job| job.id.clone(),
        move |token| {
            let state = state.get();
            let filter = if state.is_empty() { String::new() } else { format!("state = {state}") };
            list(api, filter, token)
        },
    );
    keep_up(figures, live, LOOK_EVERY);
    // The figures are asked often; the lists only when those say that something happened, or when a person acted.
    Effect::new(move |before: Option<Option<pb::GetQueueResponse>>| {
        let now = figures.get();
        // Its clock alone says nothing new.
        let now = now.map(|queue| pb::GetQueueResponse { at: None, ..queue });
        if before.is_some_and(|before| before.is_some() && before != now) {
            schedules.reload();
            dead.reload();
            jobs.reload();
        }
        now
    });
    let now = Memo::new(move |_| figures.with(|queue| queue.map_or_else(browser::now, words::clock)));
    let acted = Callback::new(move |()| {
        figures.reload();
        schedules.reload();
        dead.reload();
        jobs.reload();
    });
    view! {
        <div class="overview">
            <Kept load=figures what=t!("The queue")>{move || figures.get().map(|queue| view! { <Gauges queue/> })}</Kept>
            <DeadLetters rows=dead acted/>
            <Schedules load=schedules now acted/>
            <Queue rows=jobs state/>
        </div>
    }
}

async fn list(api: Api, filter: String, page_token: String) -> Result<Page<pb::Job>, ApiError> {
    let request = pb::ListJobsRequest { page_size: PAGE, page_token, filter };
    let reply = api.read(request, async |transport, request| JobServiceClient::new(transport).list_jobs(request).await).await?;
    Ok(Page { rows: reply.jobs, next_page_token: reply.page.unwrap_or_default().next_page_token, total: None })
}
