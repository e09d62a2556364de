//! `sessions` below the portal's base, where people take on rights: one's own sessions, and the rights one took on in them.

use leptos::prelude::*;
use prost_types::Timestamp;

use super::{ElevatingPortal, Elevation, use_elevated};
use crate::{
    api::use_api,
    badge::{Status, Tone},
    button::Button,
    icon::glyphs,
    load::{Load, Loaded},
    operator::{Manner, sessions, space::may},
};

pub fn sessions<P: ElevatingPortal>() -> impl IntoView {
    view! {
        {sessions::sessions::<P>()}
        {may("elevation.read").then(rights::<P>)}
    }
}

fn rights<P: ElevatingPortal>() -> impl IntoView {
    let elevated = use_elevated();
    let load = Load::new(|| P::elevations(use_api()));
    // Taken on, given back or over.
    Effect::new(move |before: Option<Vec<Elevation>>| {
        let now = elevated.live.get();
        if before.is_some_and(|before| before != now) {
            load.reload();
        }
        now
    });
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t!("Rights you took on")}</h2>
                <span class="push"></span>
                <Button small=true glyph=glyphs::USER_SHIELD on_click=move |_| elevated.choose()>{t!("Take on rights")}</Button>
            </div>
            <Loaded load what=t!("Your rights") let:all>
                {if all.is_empty() {
                    view! { <div class="card-body muted">{t!("None yet. Password and code are asked for when one is needed.")}</div> }.into_any()
                } else {
                    let rows = all.into_iter().map(|one| right(one, P::MANNER)).collect_view();
                    view! { <ul class="list">{rows}</ul> }.into_any()
                }}
            </Loaded>
        </section>
    }
}

fn right(one: Elevation, manner: Manner) -> impl IntoView {
    let moment = |at: &Option<Timestamp>| manner.moment(at.as_ref());
    let (tone, glyph, words) = if one.live {
        (Tone::Warning, glyphs::USER_SHIELD, t!("Until {expires_at}", expires_at = moment(&one.expires_at)))
    } else if one.ended_at.is_some() {
        (Tone::Neutral, glyphs::CHECK, t!("Given back {ended_at}", ended_at = moment(&one.ended_at)))
    } else {
        (Tone::Neutral, glyphs::CLOCK, t!("Over since {expires_at}", expires_at = moment(&one.expires_at)))
    };
    view! {
        <li>
            <div class="grow">
                <div class="medium">{one.scopes.join(", ")}</div>
                <div class="t-12 muted">{t!("Taken on {created_at}", created_at = moment(&one.created_at))}</div>
            </div>
            <Status tone glyph text=words/>
        </li>
    }
}
