//! Four figures with the range before beside them.

use leptos::prelude::*;
use streamflow_proto::client::v1::GetDashboardResponse;
use web_kit::{
    format::{money, number},
    icon::{Icon, glyphs},
    text::woven,
};

use crate::api::may;

#[component]
pub fn Figures(shown: GetDashboardResponse, weeks: i32) -> impl IntoView {
    let leads = may("lead.read").then(|| {
        let worth = shown.open_value.clone().unwrap_or_default();
        let worth = money::rounded(worth.minor_units, &worth.currency_code);
        view! {
            <Figure label=t!("Open leads") value=shown.leads_open>
                {t!("{worth} in all, {leads} to follow up", worth, leads = number::count(shown.follow_ups_due.into()))}
                <br/>
                {added(weeks, shown.leads_added, shown.leads_added_before)}
            </Figure>
            <Figure label=t!("Leads won") value=shown.leads_won>
                {compared(
                    t!("{change} on the {weeks} weeks before, {lost} lost"),
                    t!("{change}, {lost} lost"),
                    [weeks, shown.leads_won, shown.leads_won_before],
                    shown.leads_lost,
                )}
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
                {added(weeks, shown.customers_added, shown.customers_added_before)}
            </Figure>
            {leads}
            <Figure label=t!("My open tasks") value=shown.tasks_open>{late}</Figure>
        </div>
        <p class="only-phone t-12 muted">{t!("Compared with the {weeks} weeks before.", weeks)}</p>
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

/// How many came, and how that compares.
fn added(weeks: i32, now: i32, then: i32) -> impl IntoView {
    compared(t!("{added} new, {change} on the {weeks} weeks before"), t!("{added} new, {change}"), [weeks, now, then], now)
}

/// A comparison in a sentence; on phones without the range, which stands once below the figures there. `count` is the sentence's number.
fn compared(long: &'static str, short: &'static str, [weeks, now, then]: [i32; 3], count: i32) -> impl IntoView {
    let sentence = |text, brief| {
        woven(text, move |place| match place {
            "change" => view! { <Change now then brief/> }.into_any(),
            "weeks" => weeks.into_any(),
            _ => number::count(count.into()).into_any(),
        })
    };
    view! {
        <span class="not-phone">{sentence(long, false)}</span>
        <span class="only-phone">{sentence(short, true)}</span>
    }
}

/// An arrow and by how much; words without either.
#[component]
fn Change(now: i32, then: i32, brief: bool) -> impl IntoView {
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
        std::cmp::Ordering::Equal if brief => t!("as before").into_any(),
        std::cmp::Ordering::Equal => t!("same as").into_any(),
    }
}
