//! What people of all companies do, counted by the companies' own system: figures with the range before, and sign-ins by day.

use leptos::prelude::*;
use streamflow_proto::provider::v1::{self as pb, tenant_service_client::TenantServiceClient};
use web_kit::{
    api::use_api,
    chart::{Chart, ChartKind},
    format::number,
    load::{Load, Loaded, look_again},
    operator::{
        Figure,
        overview::figures::{Change, More},
    },
};

use super::{LOOK_EVERY, place};
use crate::pages::away::AwayNote;

/// An answer and the days it is about.
type Read = (i32, pb::GetFleetUsageResponse);

#[component]
pub fn Usage(days: RwSignal<String>) -> impl IntoView {
    let api = use_api();
    let load: Load<Read> = Load::new(move || {
        let days = days.get().parse().unwrap_or(30);
        async move {
            let call = async |transport, request| TenantServiceClient::new(transport).get_fleet_usage(request).await;
            Ok((days, api.read(pb::GetFleetUsageRequest { days }, call).await?))
        }
    });
    look_again(LOOK_EVERY, move || load.reload());
    let has_figures = Memo::new(move |_| load.with(|read| read.is_some_and(|(_, usage)| !usage.away)));
    // The chart stays as it was turned, whatever comes.
    let points = Signal::derive(move || {
        let sign_ins = load.get().and_then(|(_, usage)| usage.sign_ins).unwrap_or_default();
        sign_ins.by_day.iter().map(place).collect::<Vec<_>>()
    });
    view! {
        <section class="card" aria-labelledby="fleet-usage">
            <div class="card-head"><h2 id="fleet-usage">{t!("Usage")}</h2><span class="count">{t!("of all companies together")}</span></div>
            <div class="card-body stack gap-4">
                <Loaded load what=t!("The usage") let:read><Figures read/></Loaded>
                <Show when=move || has_figures.get()>
                    <Chart
                        title=t!("Sign-ins by day")
                        points
                        kind=ChartKind::Bars
                        names=(t!("Sign-ins in this range"), t!("Range before"))
                        nothing=t!("Nobody signed in in this time, nor in the time before.")
                    />
                </Show>
            </div>
        </section>
    }
}

#[component]
fn Figures(read: Read) -> impl IntoView {
    let (days, usage) = read;
    if usage.away {
        let meanwhile = t!("What companies do is counted there: the figures come by themselves once it answers.");
        return view! { <AwayNote since=usage.last_answer_at meanwhile/> }.into_any();
    }
    let leads = usage.leads_by_kind.iter().map(|kind| kind.value).sum();
    view! {
        <dl class="usages">
            <Line name=t!("Sign-ins") days usage=usage.sign_ins/>
            <Line name=t!("New customers") days usage=usage.customers/>
            <Line name=t!("New leads") days usage=usage.leads/>
            <div>
                <dt class="stat-label">{t!("Leads in all")}</dt>
                <dd>
                    <span class="stat-value">{number::count(leads)}</span>
                    <span class="stat-note">{kinds(&usage.leads_by_kind)}</span>
                </dd>
            </div>
        </dl>
    }
    .into_any()
}

#[component]
fn Line(name: &'static str, days: i32, usage: Option<pb::FleetUsage>) -> impl IntoView {
    let figure = usage.and_then(|usage| usage.figure).map(|it| Figure { value: it.value, before: it.before }).unwrap_or_default();
    view! {
        <div>
            <dt class="stat-label">{name}</dt>
            <dd>
                <span class="stat-value">{number::count(figure.value)}</span>
                <span class="stat-note"><Change figure before=t!("the {days} days before", days) more=More::Neutral/></span>
            </dd>
        </div>
    }
}

/// "12 open, 3 won, 1 lost".
fn kinds(counts: &[pb::FleetCount]) -> String {
    let of = |kind: &str| counts.iter().find(|count| count.name == kind).map_or(0, |count| count.value);
    let [open, won, lost] = ["open", "won", "lost"].map(|kind| number::count(of(kind)));
    t!("{open} open, {won} won, {lost} lost", open, won, lost)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_without_a_lead_are_told_too() {
        let count = |name: &str, value| pb::FleetCount { name: name.into(), value };
        assert_eq!(kinds(&[count("won", 3), count("open", 1_200)]), "1,200 open, 3 won, 0 lost");
    }
}
