//! The overview: true figures of this system, with a range and a comparison.

use leptos::prelude::*;

use super::{Figure, OperatorPortal, Overview};
use crate::{
    api::use_api,
    badge::{Status, Tone},
    chart::{Chart, ChartKind, Point},
    field::Choice,
    format::{date, moment, number, zone},
    icon::glyphs,
    layout::use_page,
    load::{Load, Loaded},
    tabs::Segmented,
};

/// `overview` below the portal's base.
pub fn overview<P: OperatorPortal>() -> impl IntoView {
    let api = use_api();
    let days = RwSignal::new("7".to_owned());
    let choices = || vec![choice("1", "24 hours"), choice("7", "7 days"), choice("30", "30 days")];
    use_page("Overview").canvas().with_actions(move || view! { <Segmented label="Range" value=days choices=choices()/> });
    let load = Load::new(move || {
        let days = days.get().parse().unwrap_or(7);
        P::overview(api, days)
    });
    view! {
        <div class="overview stack gap-4">
            <Loaded load what="Overview" let:overview>
                <Figures overview=overview.clone()/>
                <div class="overview-row">
                    <Chart
                        title="Requests"
                        points=Signal::stored(points(&overview, days.get_untracked() == "1"))
                        kind=ChartKind::Line
                        names=("Requests", "Refused")
                    />
                    <HealthCard overview=overview.clone()/>
                </div>
            </Loaded>
        </div>
    }
}

fn choice(value: &str, label: &str) -> Choice {
    Choice::new(value, label)
}

fn points(overview: &Overview, hours: bool) -> Vec<Point> {
    let label = |seconds: i64| {
        let local = zone::local(seconds);
        if hours { date::time(local) } else { date::short_day(local) }
    };
    let point = |point: &super::Point| {
        Point::new(label(point.at.as_ref().map_or(0, |at| at.seconds)), point.value as f64).before(point.refused as f64)
    };
    overview.points.iter().map(point).collect()
}

#[component]
fn Figures(overview: Overview) -> impl IntoView {
    let sessions = i64::from(overview.live_sessions);
    view! {
        <section class="stats" aria-label="Figures">
            <div class="stat">
                <div class="stat-label">"Live sessions"</div>
                <div class="stat-value">{number::count(sessions)}</div>
                <div class="stat-note">"now"</div>
            </div>
            <Stat label="Sign-ins" figure=overview.sign_ins/>
            <Stat label="Refused sign-ins" figure=overview.refused_sign_ins/>
            <Stat label="Requests refused" figure=overview.denials/>
        </section>
    }
}

#[component]
fn Stat(label: &'static str, figure: Figure) -> impl IntoView {
    view! {
        <div class="stat">
            <div class="stat-label">{label}</div>
            <div class="stat-value">{number::count(figure.value)}</div>
            <div class="stat-note">{format!("{} in the range before", number::count(figure.before))}</div>
        </div>
    }
}

#[component]
fn HealthCard(overview: Overview) -> impl IntoView {
    let started = moment(overview.started_at.as_ref());
    let checks = overview
        .health
        .into_iter()
        .map(|check| {
            let (tone, glyph, word) = if check.healthy {
                (Tone::Success, glyphs::CIRCLE_CHECK, "Working")
            } else {
                (Tone::Danger, glyphs::CIRCLE_XMARK, "Failing")
            };
            view! {
                <li>
                    <div class="grow">
                        <div class="medium">{check.name}</div>
                        <div class="t-12 muted">{check.detail}</div>
                    </div>
                    <Status tone glyph text=word/>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="card">
            <div class="card-head"><h2>"Health"</h2></div>
            <ul class="list">{checks}</ul>
            <p class="t-12 muted overview-foot">{format!("Version {}, running since {started}", overview.version)}</p>
        </section>
    }
}
