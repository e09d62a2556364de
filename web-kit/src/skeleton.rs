//! Places of things to come. They appear after 120 ms, so that a quick answer shows none, and then stay at least 300 ms.

use std::future::Future;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::browser;

const APPEAR_AFTER_MS: u32 = 120;
const STAY_MS: u32 = 300;

/// Waits for an answer. One that comes just after its skeleton appeared is held back a little, or the page would flicker.
pub(crate) async fn steady<T>(answer: impl Future<Output = T>) -> T {
    let asked = js_sys::Date::now();
    let answer = answer.await;
    if let Some(rest) = rest_ms(js_sys::Date::now() - asked) {
        browser::sleep_ms(rest).await;
    }
    answer
}

fn rest_ms(waited: f64) -> Option<u32> {
    let shown = waited - f64::from(APPEAR_AFTER_MS);
    (0.0..f64::from(STAY_MS)).contains(&shown).then(|| STAY_MS - shown as u32)
}

/// Shows its children only once the wait is long enough to be noticed.
#[component]
pub fn Delayed(children: ChildrenFn) -> impl IntoView {
    let shown = RwSignal::new(false);
    spawn_local(async move {
        browser::sleep_ms(APPEAR_AFTER_MS).await;
        shown.try_set(true);
    });
    view! { <Show when=move || shown.get()>{children()}</Show> }
}

/// A grey bar of a common width.
#[component]
pub fn Skeleton(
    /// Width in steps of 8 px, 1 to 32.
    #[prop(default = 12)]
    width: u16,
) -> impl IntoView {
    view! { <i class="skeleton" style:width=format!("{}px", width * 8)></i> }.into_any()
}

/// Some lines of text to come; read out once as "Loading".
#[component]
pub fn SkeletonLines(#[prop(default = 6)] lines: u16) -> impl IntoView {
    let bars = (0..lines).map(|line| view! { <Skeleton width={[24, 30, 18, 27][usize::from(line % 4)]}/> }).collect_view();
    view! {
        <div class="stack gap-4 skeleton-lines" role="status">
            <span class="sr-only">{t!("Loading")}</span>
            {bars}
        </div>
    }
    .into_any()
}

/// Figures and what is below them to come; read out once as "Loading".
#[component]
pub fn SkeletonFigures(#[prop(default = 4)] figures: u16) -> impl IntoView {
    let class = if figures == 5 { "stats is-five" } else { "stats" };
    let stats = (0..figures).map(|_| view! { <div class="stat"><Skeleton width=10/><Skeleton width=7/></div> }).collect_view();
    view! {
        <div class="stack gap-4 skeleton-figures">
            <div class=class>{stats}</div>
            <div class="card"><SkeletonLines/></div>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::rest_ms;

    #[test]
    fn a_skeleton_that_appeared_stays_long_enough_to_be_seen() {
        assert_eq!(rest_ms(80.0), None);
        assert_eq!(rest_ms(120.0), Some(300));
        assert_eq!(rest_ms(320.0), Some(100));
        assert_eq!(rest_ms(420.0), None);
    }
}
