//! The signed-in part of such a portal: nobody gets past here without a full session.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen_futures::spawn_local;

use super::{Identity, OperatorPortal};
use crate::{
    api::use_api,
    error_panel::ErrorPanel,
    guard::LeaveGuard,
    session::{Session, Who, provide_session, sign_in_address, use_session},
    skeleton::{Delayed, SkeletonLines},
    toast::use_toasts,
};

/// Whether the role includes a right, e.g. "audit.read". For showing and hiding only; the server decides.
pub fn may(permission: &str) -> bool {
    use_session::<Identity>().me_untracked().is_some_and(|me| me.permissions.iter().any(|known| known == permission))
}

/// Asks who is signed in, once for all pages.
pub fn provide_identity<P: OperatorPortal>(api: crate::api::Api) -> Session<Identity> {
    provide_session(move || P::me(api))
}

/// Shows `inside` to a full session and leads everybody else to the door.
pub fn guarded(inside: impl Fn() -> AnyView + Send + Sync + 'static) -> impl IntoView {
    let session = use_session::<Identity>();
    let who = session.who();
    let navigate = use_navigate();
    let next = Memo::new(move |_| {
        who.with(|who| match who {
            Who::SignedOut => Some("/sign-in"),
            Who::SignedIn(identity) if !identity.full => Some("/second-factor"),
            _ => None,
        })
    });
    Effect::new(move |_| {
        if let Some(page) = next.get() {
            navigate(&sign_in_address(page), NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
    move || match who.get() {
        Who::SignedIn(identity) if identity.full => inside(),
        Who::Failed(error) => view! {
            <main class="page-content" id="content">
                <ErrorPanel what="StreamFlow" error on_retry=move |()| session.refresh()/>
            </main>
        }
        .into_any(),
        _ => view! { <main class="page-content" id="content"><Delayed><SkeletonLines/></Delayed></main> }.into_any(),
    }
}

/// Ends the session and goes to the door. Stays when the server can't be reached, because the cookie would too.
pub fn use_sign_out<P: OperatorPortal>() -> Callback<()> {
    let api = use_api();
    let session = use_session::<Identity>();
    let toasts = use_toasts();
    let navigate = StoredValue::new_local(use_navigate());
    let guard = expect_context::<LeaveGuard>();
    let leave = move || {
        spawn_local(async move {
            match P::sign_out(api).await {
                Err(error) if error.code != tonic::Code::Unauthenticated => {
                    toasts.say(t!("Not signed out: {reason}", reason = error.sentence()));
                }
                _ => {
                    session.forget();
                    navigate.with_value(|navigate| navigate("/sign-in", NavigateOptions::default()));
                }
            }
        });
    };
    Callback::new(move |()| guard.before(leave))
}

/// "/base/overview" from "overview".
pub fn address<P: OperatorPortal>(page: &str) -> String {
    format!("{}/{page}", P::BASE)
}
