//! Pages that keep themselves up: their switch, their looks, and what was read last while a look fails.

use std::time::Duration;

use leptos::prelude::*;
use web_kit::{
    error_panel::{ErrorNote, ErrorPanel},
    icon::{Icon, glyphs},
    load::{Load, look_again},
    skeleton::{Delayed, SkeletonFigures},
};

/// Reads again while the switch is on and nothing is being read.
pub fn keep_up<T: Clone + Send + Sync + 'static>(load: Load<T>, live: RwSignal<bool>, every: Duration) {
    look_again(every, move || {
        if live.get_untracked() && !load.loading().get_untracked() {
            load.reload();
        }
    });
}

/// What was read last stays; that it is old must be seen. `children` follow the values by themselves, so that a look takes nobody's
/// place on the page away.
#[component]
pub fn Kept<T: Clone + Send + Sync + 'static>(load: Load<T>, what: &'static str, children: ChildrenFn) -> impl IntoView {
    let is_read = move || load.with(|read| read.is_some());
    let stale = move || {
        let error = load.error().get().filter(|_| is_read());
        error.map(|error| view! { <ErrorNote error on_retry=move |()| load.reload()/> })
    };
    let unread = move || match load.error().get() {
        Some(error) => view! { <ErrorPanel what error on_retry=move |()| load.reload()/> }.into_any(),
        None => view! { <Delayed><SkeletonFigures figures=5/></Delayed> }.into_any(),
    };
    view! {
        {stale}
        <Show when=is_read fallback=move || unread>{children()}</Show>
    }
}

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
