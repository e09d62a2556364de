//! Places of things to come. They appear after 120 ms, so that a quick answer shows none, and then stay at least 300 ms.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::browser;

const APPEAR_AFTER_MS: u32 = 120;

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
            <span class="sr-only">"Loading"</span>
            {bars}
        </div>
    }
    .into_any()
}
