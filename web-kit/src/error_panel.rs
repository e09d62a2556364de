//! A failure on a page: what, what is safe, the way out, and the number to quote. The shell around it stays.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::{
    api::error::ApiError,
    browser,
    button::{Button, IconButton, Kind, LinkButton},
    format::{date, number::duration, zone},
    icon::{Icon, glyphs},
    layout::PageSlots,
    toast::use_toasts,
};

/// Seconds before a failed page is tried again by itself.
const RETRY_SECONDS: u64 = 10;

#[component]
pub fn ErrorPanel(
    /// Thing that could not be shown: "Customers".
    #[prop(into)]
    what: String,
    error: ApiError,
    /// Tries again; without it there is only the explanation.
    #[prop(optional, into)]
    on_retry: Option<Callback<()>>,
    /// What is safe, one sentence each.
    #[prop(optional)]
    safe: Vec<String>,
) -> impl IntoView {
    let title = match error.code {
        tonic::Code::PermissionDenied => t!("{what}: not for your role", what),
        tonic::Code::NotFound => t!("{what}: not found", what),
        _ => t!("{what} could not be shown", what),
    };
    // Without a connection nothing else works either.
    let elsewhere = if error.is_network() { "" } else { t!(" The rest of StreamFlow works.") };
    let safe = safe
        .into_iter()
        .map(|sentence| {
            view! { <li class="row"><span class="up"><Icon glyph=glyphs::CIRCLE_CHECK/></span>{sentence}</li> }
        })
        .collect_view();
    let way = if is_final(&error) {
        Some(view! { <WayOut code=error.code/> }.into_any())
    } else {
        on_retry.map(|retry| view! { <Retry error=error.clone() on_retry=retry/> }.into_any())
    };
    view! {
        <div class="fault-page">
            <section class="fault stack gap-4" role="alert">
                <span class="fault-icon"><Icon glyph=glyphs::PLUG_CIRCLE_XMARK/></span>
                <div>
                    <h2 class="t-20">{title}</h2>
                    <p class="soft">{error.sentence()}{elsewhere}</p>
                </div>
                <ul class="stack">{safe}</ul>
                {way}
                <Reference id=error.correlation_id.clone()/>
            </section>
        </div>
    }
    .into_any()
}

/// Asking again gets the same answer.
fn is_final(error: &ApiError) -> bool {
    matches!(error.code, tonic::Code::PermissionDenied | tonic::Code::NotFound)
}

/// Out of a page that can't be shown: to the list of what is gone, to the portal's first page, or back.
#[component]
fn WayOut(code: tonic::Code) -> impl IntoView {
    let slots = use_context::<PageSlots>();
    let parent = slots.and_then(|slots| slots.parent.get_untracked()).filter(|_| code == tonic::Code::NotFound);
    let list = parent.map(|(name, address)| (name.to_lowercase(), address));
    match list.or_else(|| slots.and_then(|slots| slots.home.get_untracked())) {
        Some((name, href)) => view! {
            <div class="row"><LinkButton href kind=Kind::Primary>{t!("Go to {name}", name)}</LinkButton></div>
        }
        .into_any(),
        None => view! { <div class="row"><Button kind=Kind::Primary on_click=|_| browser::back()>{t!("Go back")}</Button></div> }
            .into_any(),
    }
}

/// The failure of a part of a page, in one line.
#[component]
pub fn ErrorNote(error: ApiError, #[prop(optional, into)] on_retry: Option<Callback<()>>) -> impl IntoView {
    let number = (!error.correlation_id.is_empty()).then(|| {
        let id = error.correlation_id.clone();
        view! { " "<span class="mono">{id}</span> }
    });
    let wait = error.retry_after.map(|wait| t!(" Try again in {wait}.", wait = duration(wait.as_secs().max(1) as i64)));
    view! {
        <div class="note is-danger" role="alert">
            <Icon glyph=glyphs::CIRCLE_EXCLAMATION/>
            <span class="grow">{error.sentence()}{wait}{number}</span>
            {on_retry
                .filter(|_| !is_final(&error))
                .map(|retry| view! { <Button small=true on_click=move |_| retry.run(())>{t!("Try again")}</Button> })}
        </div>
    }
    .into_any()
}

/// The number of an answer, with a button that copies it.
#[component]
pub fn Reference(#[prop(into)] id: String) -> impl IntoView {
    let toasts = use_toasts();
    let now = date::moment(zone::local(browser::now()));
    (!id.is_empty()).then(|| {
        let copied = id.clone();
        let copy = move |_| {
            let id = copied.clone();
            spawn_local(async move {
                toasts.say(browser::copy(&id).await.map_or_else(|refused| refused, |()| t!("Number copied")));
            });
        };
        view! {
            <hr class="rule"/>
            <div class="row row-wrap t-12">
                <span class="muted">{t!("If you write to us, send this:")}</span>
                <span class="mono">{id}</span>
                <IconButton label=t!("Copy the number") glyph=glyphs::COPY small=true on_click=copy/>
                <span class="push muted tnum">{now}</span>
            </div>
        }
    })
}

#[component]
fn Retry(error: ApiError, on_retry: Callback<()>) -> impl IntoView {
    let wait = error.retry_after.map_or(RETRY_SECONDS, |wait| wait.as_secs().max(1));
    let left = RwSignal::new(if error.is_retryable() { wait } else { 0 });
    if error.is_retryable() {
        spawn_local(async move {
            while left.try_get_untracked().is_some_and(|left| left > 0) {
                browser::sleep_ms(1_000).await;
                left.try_update(|left| *left = left.saturating_sub(1));
            }
            // Gone with its page, or pressed already.
            if left.try_get_untracked().is_some() {
                on_retry.run(());
            }
        });
    }
    view! {
        <div class="row">
            <Button kind=Kind::Primary glyph=glyphs::ROTATE_RIGHT on_click=move |_| on_retry.run(())>{t!("Try again")}</Button>
            <Show when=move || left.get() != 0>
                <span class="muted push t-12 tnum">{move || t!("next try by itself in {left} s", left = left.get())}</span>
            </Show>
        </div>
    }
}
