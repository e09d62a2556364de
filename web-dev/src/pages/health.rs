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
use web_kit::{api::use_api, layout::use_page, load::Load};

use self::{
    certificates::Certificates,
    federation::Federation,
    figures::Figures,
    parts::{Databases, Listeners, Queues},
    systems::Systems,
};
use super::live::{Kept, LiveSwitch, keep_up};

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
    keep_up(load, live, LOOK_EVERY);
    let systems = Signal::derive(move || load.get().unwrap_or_default());
    view! {
        <div class="overview">
            <Kept load what=t!("The systems")>
                <Figures systems/>
                <Systems systems/>
                <Databases systems/>
                <Queues systems/>
                <Federation systems/>
                <Certificates systems/>
                <Listeners systems/>
            </Kept>
        </div>
    }
}
