//! What every system measured of itself, as charts with a table behind each, beside the range before.

mod charts;
mod figures;
mod systems;
mod words;

use std::time::Duration;

use leptos::prelude::*;
use streamflow_proto::dev::v1::{self as pb, metric_service_client::MetricServiceClient};
use web_kit::{
    api::use_api,
    empty::EmptyState,
    field::Choice,
    icon::{Icon, glyphs},
    layout::use_page,
    list::query::use_list_query,
    load::Load,
    tabs::Segmented,
};

use self::{
    charts::Charts,
    figures::Figures,
    systems::{Counts, Systems},
};
use super::live::{Kept, LiveSwitch, keep_up};

/// A process writes one line a minute.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// An answer and the hours it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    pub hours: i32,
    pub metrics: pb::GetMetricsResponse,
}

#[component]
pub fn MetricsPage() -> impl IntoView {
    let api = use_api();
    let live = RwSignal::new(true);
    let query = use_list_query("");
    let (hours, system) = (query.switch("hours", "1"), query.switch("system", ""));
    let ranges = vec![Choice::new("1", t!("1 h")), Choice::new("24", t!("24 h")), Choice::new("168", t!("7 d"))];
    use_page(t!("metrics")).canvas().with_actions(move || {
        view! {
            <Segmented label=t!("range") value=hours choices=ranges.clone()/>
            <LiveSwitch live every=LOOK_EVERY/>
        }
    });
    let load = Load::new(move || {
        let (hours, system) = (hours.get().parse().unwrap_or(1), system.get());
        async move {
            let call = async |transport, request| MetricServiceClient::new(transport).get_metrics(request).await;
            api.read(pb::GetMetricsRequest { hours, system }, call).await.map(|metrics| Read { hours, metrics })
        }
    });
    keep_up(load, live, LOOK_EVERY);
    let read =
        Signal::derive(move || load.get().unwrap_or_else(|| Read { hours: 1, metrics: pb::GetMetricsResponse::default() }));
    let systems = Memo::new(move |_| {
        let names = read.with(|read| read.metrics.systems.iter().map(|system| system.name.clone()).collect::<Vec<_>>());
        let all = Choice::new("", t!("all"));
        std::iter::once(all).chain(names.into_iter().map(|name| Choice::new(name.clone(), name))).collect::<Vec<_>>()
    });
    let measured = Memo::new(move |_| read.with(|read| words::is_measured(&read.metrics)));
    view! {
        <div class="overview">
            <div class="row row-wrap metric-bar">
                <Segmented label=t!("system") value=system choices=systems/>
                <span class="count push">{move || read.with(|read| words::about(read.hours, &read.metrics))}</span>
            </div>
            <Kept load what=t!("The metrics")>
                {move || away(&read.get().metrics)}
                <Show when=move || measured.get() fallback=nothing>
                    <Figures read/>
                    <Charts read/>
                    <Counts read/>
                </Show>
                <Systems read/>
            </Kept>
        </div>
    }
}

fn nothing() -> impl IntoView {
    view! { <EmptyState title=t!("nothing measured yet") text=t!("Each process writes its figures down once a minute, and none has in this range.")/> }
}

/// Who is missing from the picture.
fn away(metrics: &pb::GetMetricsResponse) -> impl IntoView + use<> {
    let missing = words::missing(metrics);
    (!missing.is_empty()).then(|| {
        view! {
            <div class="note is-warning" role="status">
                <Icon glyph=glyphs::PLUG_CIRCLE_EXCLAMATION/>
                <span>{missing}</span>
            </div>
        }
    })
}
