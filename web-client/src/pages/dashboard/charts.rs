//! Leads by stage, and what happens by week, each with a table behind it.

use leptos::prelude::*;
use streamflow_proto::client::v1::{StageFigure, WeekFigure};
use web_kit::{
    button::IconButton,
    chart::{Chart, Point},
    format::{date, money, number},
    icon::glyphs,
    list::state::encode,
};

use crate::api::address;

/// One bar a stage, lying, because the names of stages are long; each leads to its leads.
#[component]
pub fn LeadsByStage(stages: Vec<StageFigure>, weeks: i32) -> impl IntoView {
    let as_table = RwSignal::new(false);
    let label = Signal::derive(move || if as_table.get() { t!("Show as chart") } else { t!("Show as table") }.to_owned());
    let total: i64 = stages.iter().map(|stage| i64::from(stage.count)).sum();
    let stages = StoredValue::new(stages);
    view! {
        <section class="card" aria-labelledby="stages-head">
            <div class="card-head">
                <h2 id="stages-head">{t!("Leads by stage")}</h2>
                <span class="count">{number::count(total)}</span>
                <span class="push">
                    <IconButton
                        label
                        glyph=glyphs::TABLE
                        small=true
                        pressed=Signal::derive(move || Some(as_table.get()))
                        on_click=move |_| as_table.update(|on| *on = !*on)
                    />
                </span>
                <a class="t-12" href=address("leads/board")>{t!("Board")}</a>
            </div>
            <div class="card-body">
                {move || {
                    let stages = stages.get_value();
                    if as_table.get() {
                        view! { <StageTable stages weeks/> }.into_any()
                    } else {
                        view! { <StageBars stages/> }.into_any()
                    }
                }}
            </div>
        </section>
    }
    .into_any()
}

fn worth(stage: &StageFigure) -> String {
    let value = stage.value.clone().unwrap_or_default();
    if value.minor_units == 0 { String::new() } else { money::rounded(value.minor_units, &value.currency_code) }
}

#[component]
fn StageBars(stages: Vec<StageFigure>) -> impl IntoView {
    let most = stages.iter().map(|stage| stage.count).max().unwrap_or_default().max(1);
    let bars = stages
        .into_iter()
        .map(|stage| {
            let share = f64::from(stage.count) / f64::from(most) * 100.0;
            let leads = address(&format!("leads?f.stage_id={}", encode(&stage.stage_id)));
            let worth = worth(&stage);
            view! {
                <li>
                    <a href=leads>
                        <span class="truncate">{stage.name}</span>
                        <span class="stage-bar" aria-hidden="true"><i style:width=format!("{share:.1}%")></i></span>
                        <span class="num medium" class:muted=stage.count == 0>{number::count(stage.count.into())}</span>
                        <span class="num muted t-12">{worth}</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="stage-bars">{bars}</ul> }
}

#[component]
fn StageTable(stages: Vec<StageFigure>, weeks: i32) -> impl IntoView {
    let rows = stages
        .into_iter()
        .map(|stage| {
            let worth = worth(&stage);
            view! {
                <tr>
                    <th scope="row">{stage.name}</th>
                    <td class="num">{number::count(stage.count.into())}</td>
                    <td class="num">{if worth.is_empty() { "–".to_owned() } else { worth }}</td>
                    <td class="num">{number::count(stage.added.into())}</td>
                    <td class="num">{number::count(stage.added_before.into())}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="chart-box">
            <div class="table-wrap" tabindex="0" role="region" aria-label=t!("Leads by stage")>
                <table class="table table-dense">
                    <thead>
                        <tr>
                            <th scope="col">{t!("Stage")}</th>
                            <th scope="col" class="num">{t!("Leads")}</th>
                            <th scope="col" class="num">{t!("Value")}</th>
                            <th scope="col" class="num">{t!("New, {weeks} weeks", weeks)}</th>
                            <th scope="col" class="num">{t!("Weeks before")}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </div>
    }
}

#[component]
pub fn ByWeek(title: &'static str, weeks: Vec<WeekFigure>) -> impl IntoView {
    let points: Vec<_> =
        weeks.iter().map(|week| Point::new(day(&week.week_of), f64::from(week.count)).before(f64::from(week.before))).collect();
    view! {
        <Chart
            title
            points=Signal::stored(points)
            names=(t!("These weeks"), t!("Weeks before"))
            nothing=t!("None in these weeks, nor in the weeks before.")
            card=true
        />
    }
    .into_any()
}

/// "16 Nov" from "2026-11-16".
fn day(iso: &str) -> String {
    date::parse_iso(iso).map_or_else(|| iso.to_owned(), date::short_day)
}
