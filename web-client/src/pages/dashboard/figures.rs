//! Four figures with the range before beside them.

use leptos::prelude::*;
use streamflow_proto::client::v1::GetDashboardResponse;
use web_kit::{
    format::{money, number},
    icon::{Icon, glyphs},
};

use crate::api::may;

#[component]
pub fn Figures(shown: GetDashboardResponse, weeks: i32) -> impl IntoView {
    let leads = may("lead.read").then(|| {
        let worth = shown.open_value.clone().unwrap_or_default();
        let worth = money::rounded(worth.minor_units, &worth.currency_code);
        let lost = t!("{leads} lost", leads = number::count(shown.leads_lost.into()));
        view! {
            <Figure label=t!("Open leads") value=shown.leads_open>
                {t!("{worth} in all, {leads} to follow up", worth, leads = number::count(shown.follow_ups_due.into()))}
                <br/>
                {t!("{added} new, ", added = number::count(shown.leads_added.into()))}
                <Change now=shown.leads_added then=shown.leads_added_before/>
                {t!(" on the {weeks} weeks before", weeks)}
            </Figure>
            <Figure label=t!("Leads won") value=shown.leads_won>
                <Change now=shown.leads_won then=shown.leads_won_before/>
                {t!(" on the {weeks} weeks before, {lost}", weeks, lost)}
            </Figure>
        }
    });
    let late = match shown.tasks_late {
        0 => view! { {t!("none late")} }.into_any(),
        late => view! { <span class="down">{t!("{late} late", late = number::count(late.into()))}</span> }.into_any(),
    };
    view! {
        <div class="stats is-2x2 dash-stats">
            <Figure label=t!("Customers") value=shown.customers_total>
                {t!("{added} new, ", added = number::count(shown.customers_added.into()))}
                <Change now=shown.customers_added then=shown.customers_added_before/>
                {t!(" on the {weeks} weeks before", weeks)}
            </Figure>
            {leads}
            <Figure label=t!("My open tasks") value=shown.tasks_open>{late}</Figure>
        </div>
    }
    .into_any()
}

#[component]
fn Figure(label: &'static str, value: i32, children: Children) -> impl IntoView {
    view! {
        <div class="stat">
            <div class="stat-label">{label}</div>
            <div class="stat-value">{number::count(value.into())}</div>
            <div class="stat-note">{children()}</div>
        </div>
    }
    .into_any()
}

/// An arrow and by how much; "as many" without either.
#[component]
fn Change(now: i32, then: i32) -> impl IntoView {
    let by = number::count((i64::from(now) - i64::from(then)).abs());
    match now.cmp(&then) {
        std::cmp::Ordering::Greater => {
            view! { <span class="up"><Icon glyph=glyphs::ARROW_UP/>{by}<span class="sr-only">{t!(" more")}</span></span> }
                .into_any()
        }
        std::cmp::Ordering::Less => {
            view! { <span class="down"><Icon glyph=glyphs::ARROW_DOWN/>{by}<span class="sr-only">{t!(" fewer")}</span></span> }
                .into_any()
        }
        std::cmp::Ordering::Equal => view! { {t!("same as")} }.into_any(),
    }
}
