//! The line over every page of a support session: who looks, how long still, and the way out.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use streamflow_proto::client::v1::{self as pb, support_session_service_client::SupportSessionServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, use_api},
    button::Button,
    countdown::Countdown,
    icon::{Icon, glyphs},
    live::Live,
    toast::use_toasts,
};

use crate::api::session;

#[component]
pub fn SupportBanner() -> impl IntoView {
    let session = session();
    let person = Memo::new(move |_| session.me().and_then(|me| me.support));
    move || person.get().map(|person| view! { <Line person/> })
}

#[component]
fn Line(person: pb::SupportPerson) -> impl IntoView {
    let session = session();
    let (end, name) = (person.expires_at.unwrap_or_default().seconds, person.display_name);
    let (leave, busy) = use_leave();
    view! {
        <div class="banner is-strong support-line" role="region" aria-label=t!("Support session")>
            <Icon glyph=glyphs::LIFE_RING/>
            <span class="grow" role="status">
                <b class="semibold">{t!("Support session. ")}</b>
                {t!("{name} looks and changes nothing.", name)}
                <span class="not-phone">{t!(" E-mail addresses and numbers are masked.")}</span>
            </span>
            // The server has ended it: the page finds that out and leaves.
            <Countdown end on_end=move |()| session.refresh()/>
            <Button small=true busy on_click=move |_| leave.run(())>{t!("Leave")}</Button>
        </div>
    }
}

/// Ends the session and goes to the sign-in page.
fn use_leave() -> (Callback<()>, RwSignal<bool>) {
    let (api, toasts, busy, session) = (use_api(), use_toasts(), RwSignal::new(false), session());
    let live = expect_context::<Live>();
    let navigate = StoredValue::new_local(use_navigate());
    let leave = move |()| {
        busy.set(true);
        spawn_local(async move {
            let call =
                async |transport, request| SupportSessionServiceClient::new(transport).leave_support_session(request).await;
            let answer = api.write(&Act::default(), pb::LeaveSupportSessionRequest {}, call).await;
            busy.try_set(false);
            if let Err(error) = answer {
                toasts.say(t!("Not left: {reason}", reason = error.sentence()));
                return;
            }
            live.stop();
            session.forget();
            // The sign-in page that comes is not for who has left.
            toasts.say(t!("You left the support session. You can close this page."));
            navigate.with_value(|navigate| navigate("/sign-in", NavigateOptions::default()));
        });
    };
    (Callback::new(leave), busy)
}
