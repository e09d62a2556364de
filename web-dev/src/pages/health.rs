//! How every system is: this one and the others as they say themselves. One that does not answer stands here as down.

mod certificates;
mod federation;
mod figures;
mod parts;
mod systems;
mod words;

use std::time::Duration;

use leptos::prelude::*;
use streamflow_proto::dev::v1::{self as pb, health_service_client::HealthServiceClient};
use web_kit::{
    api::use_api,
    error_panel::{ErrorNote, ErrorPanel},
    layout::use_page,
    load::{Load, look_again},
    skeleton::{Delayed, SkeletonLines},
};

use self::{
    certificates::Certificates,
    federation::Federation,
    figures::Figures,
    parts::{Databases, Listeners, Queues},
    systems::Systems,
};
use super::live::LiveSwitch;

/// Between two looks while the page is in sight.
const LOOK_EVERY: Duration = Duration::from_secs(5);

#[component]
pub fn HealthPage() -> impl IntoView {
    let api = use_api();
    let live = RwSignal::new(true);
    use_page(t!("health")).canvas().with_actions(move || view! { <LiveSwitch live every=LOOK_EVERY/> });
    let load = Load::new(move || async move {
        let call = async |transport, request| HealthServiceClient::new(transport).get_health(request).await;
        api.read(pb::GetHealthRequest {}, call).await.map(|reply| reply.systems)
    });
    look_again(LOOK_EVERY, move || {
        if live.get_untracked() && !load.loading().get_untracked() {
            load.reload();
        }
    });
    // What was read last stays; that it is old must be seen.
    let is_read = move || load.with(|read| read.is_some());
    let stale = move || {
        let error = load.error().get().filter(|_| is_read());
        error.map(|error| view! { <ErrorNote error on_retry=move |()| load.reload()/> })
    };
    let unread = move || match load.error().get() {
        Some(error) => view! { <ErrorPanel what=t!("The systems") error on_retry=move |()| load.reload()/> }.into_any(),
        None => view! { <Delayed><SkeletonLines/></Delayed> }.into_any(),
    };
    // Only what is in the tables changes, so that a look takes nobody's place on the page away.
    let systems = Signal::derive(move || load.get().unwrap_or_default());
    view! {
        <div class="overview">
            {stale}
            <Show when=is_read fallback=move || unread>
                <Figures systems/>
                <Systems systems/>
                <Databases systems/>
                <Queues systems/>
                <Federation systems/>
                <Certificates systems/>
                <Listeners systems/>
            </Show>
        </div>
    }
}
