//! Who is signed in: the way to the profile, light and dark, and out.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::use_api,
    badge::Avatar,
    guard::LeaveGuard,
    icon::{Icon, glyphs},
    layout::NavLink,
    live::Live,
    theme::ThemeToggle,
    toast::use_toasts,
};

use crate::api::{Me, address, may, me, role_name, session, sign_out};

#[component]
pub fn Person() -> impl IntoView {
    let leave = use_sign_out();
    let out = has_account().then(|| {
        view! {
            <button type="button" class="btn btn-icon btn-ghost" aria-label=t!("Sign out") title=t!("Sign out") on:click=move |_| leave.run(())>
                <Icon glyph=glyphs::POWER_OFF/>
            </button>
        }
    });
    view! {
        <div class="side-foot">
            <ProfileLink/>
            <SignedIn>{out}</SignedIn>
        </div>
    }
}

#[component]
pub fn ProfileLink() -> impl IntoView {
    has_account().then(|| {
        view! { <div class="nav"><NavLink href=address("profile") glyph=glyphs::USER label=t!("Profile")/></div> }
    })
}

/// Name and role, light and dark, and what `children` put beside them.
#[component]
pub fn SignedIn(#[prop(optional)] children: Option<Children>) -> impl IntoView {
    let me = me();
    let role = role_word(&me);
    let name = me.user.unwrap_or_default().display_name;
    view! {
        <div class="side-person">
            <Avatar name=name.clone() medium=true/>
            <span class="grow side-name">
                <span class="medium truncate">{name}</span>
                <span class="t-11 muted">{role}</span>
            </span>
            <ThemeToggle/>
            {children.map(|children| children())}
        </div>
    }
}

/// Whether this person has a profile and signs out. Whoever is here for the support has no account, and leaves by the line above the page.
pub fn has_account() -> bool {
    may("session.sign_out")
}

fn role_word(me: &Me) -> &'static str {
    if me.support.is_some() { t!("Support") } else { role_name(me.role()) }
}

/// Ends the session and goes to the sign-in page. Stays when the server can't be reached, because the cookie would too.
pub fn use_sign_out() -> Callback<()> {
    let api = use_api();
    let session = session();
    let toasts = use_toasts();
    let live = expect_context::<Live>();
    let navigate = StoredValue::new_local(use_navigate());
    let guard = expect_context::<LeaveGuard>();
    let leave = move || {
        spawn_local(async move {
            if let Err(error) = sign_out(api).await {
                toasts.say(t!("Not signed out: {reason}", reason = error.sentence()));
                return;
            }
            live.stop();
            session.forget();
            navigate.with_value(|navigate| navigate("/sign-in", leptos_router::NavigateOptions::default()));
        });
    };
    Callback::new(move |()| guard.before(leave))
}
