//! The bell in the header: how many notifications are unread, and the newest of them under it.

use leptos::prelude::*;
use leptos_router::components::A;
use web_kit::{
    button::Button,
    error_panel::ErrorNote,
    icon::{Icon, glyphs},
    menu::Popover,
    skeleton::{Delayed, SkeletonLines},
};

use crate::{
    api::address,
    parts::inbox::{Inbox, NotificationLine, mark_all_read, use_notifications},
};

/// Notifications under the bell; the inbox has all.
const NEWEST: i32 = 6;

#[component]
pub fn Bell() -> impl IntoView {
    let inbox = expect_context::<Inbox>();
    let open = RwSignal::new(false);
    // In the words that are seen: whoever speaks to the page says those.
    let label = Signal::derive(move || match &*inbox.mark() {
        "" => t!("Inbox").to_owned(),
        mark => t!("Inbox, {mark} unread", mark),
    });
    let face = ViewFn::from(move || {
        view! {
            <Icon glyph=glyphs::BELL/>
            {move || {
                let mark = inbox.mark();
                let long = mark.len() > 2;
                (!mark.is_empty()).then(|| view! { <span class="bell-mark" class:is-long=long aria-hidden="true">{mark}</span> })
            }}
        }
    });
    view! {
        <span class="bell">
            <Popover open label face=Some(face) icon_only=true>
                <Newest open inbox/>
            </Popover>
        </span>
    }
}

#[component]
fn Newest(open: RwSignal<bool>, inbox: Inbox) -> impl IntoView {
    let rows = use_notifications(NEWEST, || false);
    let close = Callback::new(move |()| open.set(false));
    let list = move || {
        match (rows.is_ready(), rows.error.get()) {
        (_, Some(error)) => view! { <ErrorNote error on_retry=move |()| rows.retry()/> }.into_any(),
        (false, None) => view! { <Delayed><SkeletonLines/></Delayed> }.into_any(),
        (true, None) if rows.count() == 0 => {
            view! { <p class="bell-none muted">{t!("Nothing yet. What others hand you and what your imports came to stands here.")}</p> }
                .into_any()
        }
        (true, None) => view! {
            <ul class="notes">
                {rows
                    .get()
                    .into_iter()
                    .map(|one| view! { <NotificationLine one=(*one).clone() on_leave=close/> })
                    .collect_view()}
            </ul>
        }
        .into_any(),
    }
    };
    view! {
        <div class="bell-head">
            <h2 class="t-14 semibold grow">{t!("Inbox")}</h2>
            <Show when=move || inbox.unread() != 0>
                <Button small=true on_click=move |_| mark_all_read()>{t!("Mark all as read")}</Button>
            </Show>
        </div>
        {list}
        <div class="bell-foot" on:click=move |_| open.set(false)>
            <A href=address("inbox")>{t!("Open the inbox")}</A>
        </div>
    }
}
