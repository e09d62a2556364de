//! The figures at the head, each with the range before it.

use leptos::prelude::*;

use crate::{
    chart::Spark,
    format::number,
    icon::{Icon, glyphs},
    operator::{Figure, Manner, Overview},
};

/// Whether more of it is a reason to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    Neutral,
    Bad,
}

#[component]
pub fn Figures(days: i64, overview: Overview, manner: Manner) -> impl IntoView {
    let before = manner.range_before(days);
    let line = |value: fn(&crate::operator::Point) -> i64| -> Vec<f64> {
        overview.points.iter().map(|point| value(point) as f64).collect()
    };
    view! {
        <section class="stats is-five" aria-label=t!("Figures")>
            <div class="stat">
                <div class="stat-label">{t!("Live sessions")}</div>
                <div class="stat-value">{number::count(overview.live_sessions.into())}</div>
                <div class="stat-note">{t!("now")}</div>
            </div>
            <Stat label=t!("Sign-ins") figure=overview.sign_ins before=before.clone()/>
            <Stat label=t!("Refused sign-ins") figure=overview.refused_sign_ins before=before.clone() more=More::Bad/>
            <Stat label=t!("Requests") figure=overview.requests before=before.clone() line=line(|point| point.value)/>
            <Stat label=t!("Refused requests") figure=overview.denials before more=More::Bad line=line(|point| point.refused)/>
        </section>
    }
}

#[component]
fn Stat(
    label: &'static str,
    figure: Figure,
    before: String,
    #[prop(default = More::Neutral)] more: More,
    #[prop(optional)] line: Vec<f64>,
) -> impl IntoView {
    view! {
        <div class="stat">
            <div class="stat-label">{label}</div>
            <div class="stat-value">{number::count(figure.value)}</div>
            {(!line.is_empty()).then(|| view! { <Spark title=t!("{label} over the range", label) values=line/> })}
            <div class="stat-note"><Change figure before more/></div>
        </div>
    }
}

/// "↑ 3 on the 7 days before", or that nothing changed.
#[component]
pub fn Change(figure: Figure, before: String, more: More) -> impl IntoView {
    let by = figure.value - figure.before;
    let (glyph, word) = match by {
        0 => return view! { {t!("no change")} }.into_any(),
        1.. => (glyphs::ARROW_UP, t!("up ")),
        _ => (glyphs::ARROW_DOWN, t!("down ")),
    };
    let class = match (more, by > 0) {
        (More::Neutral, _) => "soft",
        (More::Bad, true) => "down",
        (More::Bad, false) => "up",
    };
    view! {
        <span class=class>
            <Icon glyph/>
            <span class="sr-only">{word}</span>
            {number::count(by.abs())}
        </span>
        {t!(" on {before}", before)}
    }
    .into_any()
}
