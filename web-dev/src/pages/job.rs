//! Background tasks: what is done again and again, what waits, and what was given up.

mod act;
mod dead;
mod gauges;
mod queue;
mod schedules;
mod words;

use std::time::Duration;

use leptos::prelude::*;
use streamflow_proto::dev::v1::{self as pb, job_service_client::JobServiceClient};
use web_kit::{
    api::{Api, error::ApiError, use_api},
    browser,
    icon::{Icon, glyphs},
    layout::use_page,
    list::rows::{Page, Rows},
    load::{Load, Loaded},
};

use self::{dead::DeadLetters, gauges::Gauges, queue::Queue, schedules::Schedules};

/// Between two looks while the page is in sight.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const PAGE: i32 = 50;

#[component]
pub fn JobsPage() -> impl IntoView {
    let api = use_api();
    let live = RwSignal::new(true);
    use_page("background tasks").canvas().with_actions(move || view! { <LiveSwitch live/> });
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
    look_again(live, figures);
    // The figures are asked often; the lists only when those say that something happened, or when a person acted.
    Effect::new(move |before: Option<Option<pb::GetQueueResponse>>| {
        let now = figures.get();
        if before.is_some_and(|before| before.is_some() && before != now) {
            schedules.reload();
            dead.reload();
            jobs.reload();
        }
        now
    });
    let acted = Callback::new(move |()| {
        figures.reload();
        schedules.reload();
        dead.reload();
        jobs.reload();
    });
    view! {
        <div class="overview">
            <Loaded load=figures what="The queue" let:read>
                <Gauges queue=read/>
            </Loaded>
            <DeadLetters rows=dead acted/>
            <Schedules load=schedules acted/>
            <Queue rows=jobs state/>
        </div>
    }
}

/// Asks for the figures again and again, while somebody looks.
fn look_again(live: RwSignal<bool>, figures: Load<pb::GetQueueResponse>) {
    let look = move || {
        if live.get_untracked() && browser::is_visible() {
            figures.reload();
        }
    };
    let timer = set_interval_with_handle(look, LOOK_EVERY);
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
    });
}

/// Whether the page keeps itself up.
#[component]
fn LiveSwitch(live: RwSignal<bool>) -> impl IntoView {
    let glyph = move || if live.get() { glyphs::CIRCLE } else { glyphs::CIRCLE_OPEN };
    view! {
        <button
            type="button"
            class="btn btn-sm live-switch"
            aria-pressed=move || if live.get() { "true" } else { "false" }
            on:click=move |_| live.update(|live| *live = !*live)
        >
            {move || view! { <Icon glyph=glyph()/> }}
            {format!("live {} s", LOOK_EVERY.as_secs())}
        </button>
    }
}

async fn list(api: Api, filter: String, page_token: String) -> Result<Page<pb::Job>, ApiError> {
    let request = pb::ListJobsRequest { page_size: PAGE, page_token, filter };
    let reply = api.read(request, async |transport, request| JobServiceClient::new(transport).list_jobs(request).await).await?;
    Ok(Page { rows: reply.jobs, next_page_token: reply.page.unwrap_or_default().next_page_token, total: None })
}
