//! The line at the foot: which portal, which build, how its database answers, who, and the time in UTC.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use web_kit::{
    api::use_api,
    browser,
    format::date,
    load::Load,
    operator::{Identity, OperatorPortal, Overview},
    session::use_session,
};

use crate::app::Dev;

#[component]
pub fn StatusLine() -> impl IntoView {
    let api = use_api();
    let path = use_location().pathname;
    // Asked again on each page: a person who looks around sees how it is now, and nobody's open window fills the audit.
    let load = Load::new(move || {
        path.track();
        Dev::overview(api, 1)
    });
    let email = use_session::<Identity>().me_untracked().unwrap_or_default().email;
    let vitals = move || match (load.get(), load.error().get()) {
        (Some(read), None) => vitals(&read).into_iter().map(|word| view! { <span>{word}</span> }).collect_view().into_any(),
        (_, Some(_)) => view! { <span>{t!("health not read")}</span> }.into_any(),
        (None, None) => ().into_any(),
    };
    view! {
        <footer class="app-status">
            <span>{t!("dev portal")}</span>
            {vitals}
            <span class="push">{email}</span>
            <Clock/>
        </footer>
    }
}

/// "build 1.18.2", "database answers in 0.1 ms", "parts 3/3 ok".
fn vitals(read: &Overview) -> Vec<String> {
    let working = read.health.iter().filter(|part| part.healthy).count();
    let first = read.health.first().map(|part| format!("{} {}", part.name.to_lowercase(), part.detail));
    let parts = t!("parts {working}/{all} ok", working, all = read.health.len());
    [Some(t!("build {version}", version = read.version)), first, Some(parts)].into_iter().flatten().collect()
}

#[component]
fn Clock() -> impl IntoView {
    let now = RwSignal::new(browser::now());
    let tick = set_interval_with_handle(move || now.set(browser::now()), Duration::from_secs(1));
    on_cleanup(move || {
        if let Ok(tick) = tick {
            tick.clear();
        }
    });
    view! { <span>{move || format!("{} {} UTC", date::iso(now.get()), date::exact_clock(now.get()))}</span> }
}
