//! Own sessions: where one is signed in, and how to end that.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen_futures::spawn_local;

use super::{Identity, OperatorPortal, SessionLine};
use crate::{
    api::use_api,
    badge::{Badge, Tone},
    button::{Button, Kind},
    dialog::ConfirmDialog,
    format::{ago, moment},
    icon::glyphs,
    layout::use_page,
    load::{Load, Loaded},
    session::use_session,
    toast::use_toasts,
};

/// `sessions` below the portal's base.
pub fn sessions<P: OperatorPortal>() -> impl IntoView {
    let api = use_api();
    let toasts = use_toasts();
    let session = use_session::<Identity>();
    let navigate = StoredValue::new_local(use_navigate());
    let ask = RwSignal::new(false);
    let busy = RwSignal::new(false);
    use_page("Sessions").canvas().with_actions(move || {
        view! { <Button glyph=glyphs::POWER_OFF on_click=move |_| ask.set(true)>"Sign out everywhere"</Button> }
    });
    let load = Load::new(move || P::sessions(api));
    let end = Callback::new(move |id: String| {
        spawn_local(async move {
            match P::end_session(api, id).await {
                Ok(()) => {
                    toasts.say("Session ended");
                    load.reload();
                }
                Err(error) => toasts.say(error.sentence()),
            }
        });
    });
    let everywhere = move |()| {
        busy.set(true);
        spawn_local(async move {
            let answer = P::sign_out_everywhere(api).await;
            busy.set(false);
            match answer {
                Ok(()) => {
                    session.forget();
                    navigate.with_value(|navigate| navigate("/sign-in", NavigateOptions::default()));
                }
                Err(error) => toasts.say(error.sentence()),
            }
        });
    };
    view! {
        <section class="card">
            <div class="card-head"><h2>"Where you are signed in"</h2></div>
            <Loaded load what="Sessions" let:lines>
                <ul class="list">{lines.into_iter().map(|line| view! { <Line line end/> }).collect_view()}</ul>
            </Loaded>
        </section>
        <ConfirmDialog open=ask title="Sign out everywhere?" action="Sign out everywhere" busy on_confirm=everywhere>
            <p>"Every session of yours ends at its next request, this one included."</p>
        </ConfirmDialog>
    }
}

#[component]
fn Line(line: SessionLine, end: Callback<String>) -> impl IntoView {
    let seen = ago(line.last_seen_at.as_ref());
    let (begun, ends) = (moment(line.created_at.as_ref()), moment(line.expires_at.as_ref()));
    let id = line.id.clone();
    view! {
        <li>
            <div class="grow">
                <div class="medium truncate">{line.user_agent.clone()}</div>
                <div class="t-12 muted">{format!("{}, used {seen}, since {begun}, until {ends}", line.ip)}</div>
            </div>
            {if line.current {
                view! { <Badge tone=Tone::Success glyph=glyphs::CHECK text="This one"/> }.into_any()
            } else {
                view! { <Button kind=Kind::Quiet small=true on_click=move |_| end.run(id.clone())>"End"</Button> }.into_any()
            }}
        </li>
    }
}
