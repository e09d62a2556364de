//! The switch of pages that keep themselves up.

use std::time::Duration;

use leptos::prelude::*;
use web_kit::icon::{Icon, glyphs};

#[component]
pub fn LiveSwitch(live: RwSignal<bool>, every: Duration) -> impl IntoView {
    let glyph = move || if live.get() { glyphs::CIRCLE } else { glyphs::CIRCLE_OPEN };
    view! {
        <button
            type="button"
            class="btn btn-sm live-switch"
            aria-pressed=move || if live.get() { "true" } else { "false" }
            on:click=move |_| live.update(|live| *live = !*live)
        >
            {move || view! { <Icon glyph=glyph()/> }}
            {t!("live")}
            <span class="not-phone">{t!(" {every} s", every = every.as_secs())}</span>
        </button>
    }
}
