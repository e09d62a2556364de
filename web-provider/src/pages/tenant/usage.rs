//! What a company has, counted by its own system when the page asks.

use leptos::prelude::*;
use streamflow_proto::provider::v1::{self as pb, tenant_service_client::TenantServiceClient};
use web_kit::{
    api::use_api,
    field::Choice,
    format::number,
    load::{Load, Loaded},
    operator::{
        Figure,
        overview::figures::{Change, More},
    },
    tabs::Segmented,
};

#[component]
pub fn Usage(id: String) -> impl IntoView {
    let api = use_api();
    let days = RwSignal::new("30".to_owned());
    let ranges = ["7", "30", "90"].map(|days| Choice::new(days, t!("{days} days", days))).to_vec();
    let load = Load::new(move || {
        let (tenant_id, days) = (id.clone(), days.get().parse().unwrap_or(30));
        async move {
            let call = async |transport, request| TenantServiceClient::new(transport).get_tenant_usage(request).await;
            let reply = api.read(pb::GetTenantUsageRequest { tenant_id, days }, call).await?;
            Ok((days, reply.usages))
        }
    });
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!("Usage")}</h2>
                <span class="push"></span>
                <Segmented label=t!("Range of the usage") value=days choices=Signal::stored(ranges)/>
            </div>
            <div class="card-body">
                <Loaded load what=t!("The usage") let:read>
                    <dl class="usages">{read.1.into_iter().map(|usage| view! { <Line days=read.0 usage/> }).collect_view()}</dl>
                </Loaded>
            </div>
        </section>
    }
}

#[component]
fn Line(days: i32, usage: pb::TenantUsage) -> impl IntoView {
    let made = usage.made.unwrap_or_default();
    let figure = Figure { value: made.value, before: made.before };
    view! {
        <div>
            <dt class="stat-label">{super::words::plain(&usage.name, "")}</dt>
            <dd>
                <span class="stat-value">{number::count(usage.total)}</span>
                <span class="stat-note">
                    {t!("{value} new, ", value = number::count(made.value))}
                    <Change figure before=t!("the {days} days before", days) more=More::Neutral/>
                </span>
            </dd>
        </div>
    }
}
