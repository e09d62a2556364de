//! How the parts of this system are.

use leptos::prelude::*;

use crate::{
    badge::{Status, Tone},
    icon::glyphs,
    operator::{Health, Manner, Overview},
};

#[component]
pub fn HealthCard(read: Overview, manner: Manner) -> impl IntoView {
    let started = manner.moment(read.started_at.as_ref());
    let failing = read.health.iter().filter(|part| !part.healthy).count();
    let count =
        if failing == 0 { t!("{working} working", working = read.health.len()) } else { t!("{failing} failing", failing) };
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!("Health")}</h2>
                <span class="count">{count}</span>
            </div>
            <ul class="list">{read.health.into_iter().map(|part| view! { <Part part/> }).collect_view()}</ul>
            <p class="card-foot tnum">{t!("Running since {time}", time = started)}</p>
        </section>
    }
}

#[component]
fn Part(part: Health) -> impl IntoView {
    let (tone, glyph, word) = if part.healthy {
        (Tone::Success, glyphs::CIRCLE_CHECK, t!("Working"))
    } else {
        (Tone::Danger, glyphs::CIRCLE_XMARK, t!("Failing"))
    };
    view! {
        <li>
            <div class="grow">
                <div class="medium">{part.name}</div>
                <div class="t-12 muted">{part.detail}</div>
            </div>
            <Status tone glyph text=word/>
        </li>
    }
}
