//! A person's notifications: how many are unread, kept up by the stream of changes, and one of them as a line.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, NotificationKind, notification_service_client::NotificationServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{Api, act::Act, error::ApiError, use_api},
    format::When,
    guard::use_go,
    icon::{Glyph, Icon, glyphs},
    list::rows::{Page, Rows},
    live::{Heard, use_live},
    load::Load,
    toast::use_toasts,
};

use crate::api::address;

/// How many are unread; the server counts up to a hundred.
#[derive(Clone, Copy)]
pub struct Inbox(Load<i32>);

/// Asks once, and again whenever the person's inbox changes, here or in another window.
pub fn provide_inbox() {
    let api = use_api();
    let unread = Load::new(move || async move {
        let call = async |transport, request| NotificationServiceClient::new(transport).count_unread(request).await;
        api.read(pb::CountUnreadRequest {}, call).await.map(|reply| reply.unread)
    });
    on_news(move || unread.reload());
    provide_context(Inbox(unread));
}

impl Inbox {
    pub fn unread(self) -> i32 {
        self.0.get().unwrap_or_default()
    }

    /// "", "3", "99+".
    pub fn mark(self) -> String {
        match self.unread() {
            ..=0 => String::new(),
            few @ 1..100 => few.to_string(),
            _ => "99+".to_owned(),
        }
    }
}

/// Runs when the person's inbox changes.
pub fn on_news(run: impl Fn() + 'static) {
    use_live(move |heard| match heard {
        Heard::Change(change) if change.entity == "notification" => run(),
        Heard::Reset => run(),
        Heard::Change(_) => {}
    });
}

/// Own notifications, newest first, in pages of `size`.
pub fn use_notifications(size: i32, unread_only: impl Fn() -> bool + 'static) -> Rows<pb::Notification> {
    let api = use_api();
    let rows = Rows::new(
        |one: &pb::Notification| one.id.clone(),
        move |page_token| {
            let request = pb::ListNotificationsRequest { page_size: size, page_token, unread_only: unread_only() };
            async move {
                let call = async |transport, request| NotificationServiceClient::new(transport).list_notifications(request).await;
                let reply = api.read(request, call).await?;
                Ok(Page {
                    rows: reply.notifications,
                    next_page_token: reply.page.unwrap_or_default().next_page_token,
                    total: None,
                })
            }
        },
    );
    on_news(move || rows.reload());
    rows
}

/// The rows follow by the stream of changes, as in other windows.
async fn mark_read(api: Api, notification_id: String, read: bool) -> Result<(), ApiError> {
    let request = pb::MarkReadRequest { notification_id, read };
    let call = async |transport, request| NotificationServiceClient::new(transport).mark_read(request).await;
    api.write(&Act::default(), request, call).await.map(drop)
}

/// Marks all as read.
pub fn mark_all_read() {
    let (api, toasts) = (use_api(), use_toasts());
    spawn_local(async move {
        let call = async |transport, request| NotificationServiceClient::new(transport).mark_all_read(request).await;
        if let Err(error) = api.write(&Act::default(), pb::MarkAllReadRequest {}, call).await {
            toasts.say(error.sentence());
        }
    });
}

fn face(kind: NotificationKind) -> (Glyph, &'static str) {
    match kind {
        NotificationKind::Invitation => (glyphs::USER_GROUP, t!("Invitation")),
        NotificationKind::Import => (glyphs::FILE_IMPORT, t!("Import")),
        NotificationKind::Assigned => (glyphs::HAND, t!("Handed to you")),
        NotificationKind::Anomaly => (glyphs::TRIANGLE_EXCLAMATION, t!("Anomaly")),
        NotificationKind::Support => (glyphs::LIFE_RING, t!("Support")),
        NotificationKind::Export => (glyphs::FILE_EXPORT, t!("Export")),
        NotificationKind::Unspecified => (glyphs::BELL, t!("Notification")),
    }
}

/// One notification; pressing it reads it and goes where it leads.
#[component]
pub fn NotificationLine(
    one: pb::Notification,
    /// Called when the person goes somewhere.
    #[prop(optional, into)]
    on_leave: Option<Callback<()>>,
    /// A button that turns read and unread round.
    #[prop(optional)]
    turns: bool,
) -> impl IntoView {
    let (api, go, toasts) = (use_api(), use_go(), use_toasts());
    let (glyph, kind) = face(one.kind());
    let is_unread = one.read_at.is_none();
    let (id, link, at) = (one.id.clone(), one.link.clone(), one.created_at);
    let set_read = move |read: bool| {
        let id = id.clone();
        spawn_local(async move {
            if let Err(error) = mark_read(api, id, read).await {
                toasts.say(error.sentence());
            }
        });
    };
    let turn = set_read.clone();
    let open = move |_| {
        if is_unread {
            set_read(true);
        }
        if !link.is_empty() {
            if let Some(leave) = on_leave {
                leave.run(());
            }
            go(address(&link));
        }
    };
    view! {
        <li class="notice" class:is-unread=is_unread>
            <button type="button" class="notice-open" on:click=open>
                <span class="notice-face" title=kind><Icon glyph/></span>
                <span class="grow notice-words">
                    <span class="notice-title">
                        {is_unread.then(|| view! { <span class="sr-only">{t!("Unread: ")}</span> })}
                        {one.title}
                    </span>
                    {(!one.body.is_empty()).then_some(view! { <span class="t-12 soft">{one.body}</span> })}
                    <span class="t-12 muted"><When at=Signal::stored(at)/></span>
                </span>
                {is_unread.then(|| view! { <span class="notice-dot" aria-hidden="true"></span> })}
            </button>
            {turns
                .then(|| {
                    let (label, glyph) =
                        if is_unread { (t!("Mark as read"), glyphs::CHECK) } else { (t!("Mark as unread"), glyphs::ROTATE_LEFT) };
                    view! {
                        <button
                            type="button"
                            class="btn btn-icon btn-ghost btn-sm"
                            aria-label=label
                            title=label
                            on:click=move |_| turn(is_unread)
                        >
                            <Icon glyph/>
                        </button>
                    }
                })}
        </li>
    }
    .into_any()
}
