//! All of a person's notifications.

use std::sync::Arc;

use leptos::prelude::*;
use web_kit::{
    button::Button,
    empty::EmptyState,
    error_panel::{ErrorNote, ErrorPanel},
    field::Choice,
    icon::glyphs,
    layout::use_page,
    list::query::use_list_query,
    skeleton::{Delayed, SkeletonLines},
    tabs::Segmented,
};

use crate::parts::inbox::{Inbox, NotificationLine, mark_all_read, use_notifications};

const PAGE: i32 = 50;

#[component]
pub fn InboxPage() -> impl IntoView {
    let inbox = expect_context::<Inbox>();
    let which = use_list_query("").switch("which", "all");
    let rows = use_notifications(PAGE, move || which.get() == "unread");
    let page = use_page(t!("Inbox")).with_actions(move || {
        view! {
            <Show when=move || inbox.unread() != 0>
                <Button glyph=glyphs::CHECK on_click=move |_| mark_all_read()>{t!("Mark all as read")}</Button>
            </Show>
        }
    });
    Effect::new(move |_| {
        let mark = inbox.mark();
        page.count.set(if mark.is_empty() { mark } else { t!("{mark} unread", mark) });
    });
    let state = move || match (rows.is_ready(), rows.error.get()) {
        (false, Some(error)) => view! { <ErrorPanel what=t!("Your inbox") error on_retry=move |()| rows.retry()/> }.into_any(),
        (false, None) => view! { <Delayed><SkeletonLines/></Delayed> }.into_any(),
        (true, Some(error)) => view! { <ErrorNote error on_retry=move |()| rows.retry()/> }.into_any(),
        (true, None) if rows.count() == 0 && which.get() == "unread" => {
            view! { <EmptyState title=t!("Nothing unread") text=t!("You have seen everything. All of it is under “All”.")/> }
                .into_any()
        }
        (true, None) if rows.count() == 0 => view! {
            <EmptyState
                title=t!("Nothing yet")
                text=t!("What others hand you, who accepted your invitations and what your imports came to stands here.")
            />
        }
        .into_any(),
        (true, None) => ().into_any(),
    };
    view! {
        <div class="inbox">
            <div class="row row-wrap">
                <Segmented label=t!("Which") value=which choices=vec![Choice::new("all", t!("All")), Choice::new("unread", t!("Unread"))]/>
            </div>
            {state}
            <Show when=move || rows.count() != 0>
                <ul class="notes is-page">
                    <For each=move || rows.get() key=|one| Arc::as_ptr(one) as usize let:one>
                        <NotificationLine one=(*one).clone() turns=true/>
                    </For>
                </ul>
            </Show>
            <Show when=move || rows.is_ready() && rows.has_more()>
                <div><Button busy=rows.loading on_click=move |_| rows.more()>{t!("Show more")}</Button></div>
            </Show>
        </div>
    }
}
