//! `support` below the portal's base: what was asked of all companies, and the rights one took on for it.

use leptos::prelude::*;

use super::{
    Elevation, SupportPortal,
    desk::{Desk, button, dialogs, list},
};
use crate::{
    api::use_api,
    badge::{Status, Tone},
    format::moment,
    icon::glyphs,
    layout::use_page,
    load::{Load, Loaded},
    operator::space::may,
};

pub fn page<P: SupportPortal>() -> impl IntoView {
    let desk = Desk::new::<P>(String::new());
    use_page(t!("Support"))
        .canvas()
        .with_lead(t!("Looking at companies, with their leave and in their audit."))
        .with_actions(move || button::<P>(desk));
    view! {
        <div class="overview">
            <section class="card">
                <div class="card-head"><h2>{t!("Support sessions")}</h2></div>
                {list::<P>(desk, t!("Nobody has asked to look at a company."))}
            </section>
            {may("elevation.read").then(|| rights::<P>())}
        </div>
        {dialogs::<P>(desk)}
    }
}

fn rights<P: SupportPortal>() -> impl IntoView {
    let load = Load::new(|| P::elevations(use_api()));
    view! {
        <section class="card">
            <div class="card-head"><h2>{t!("Rights you took on")}</h2></div>
            <Loaded load what=t!("Your rights") let:all>
                {if all.is_empty() {
                    view! { <div class="card-body muted">{t!("None yet. Password and code are asked for when one is needed.")}</div> }.into_any()
                } else {
                    let rows = all.into_iter().map(right).collect_view();
                    view! { <ul class="list">{rows}</ul> }.into_any()
                }}
            </Loaded>
        </section>
    }
}

fn right(one: Elevation) -> impl IntoView {
    let (tone, glyph, words) = if one.live {
        (Tone::Warning, glyphs::USER_SHIELD, t!("Until {expires_at}", expires_at = moment(one.expires_at.as_ref())))
    } else if one.ended_at.is_some() {
        (Tone::Neutral, glyphs::CHECK, t!("Given back {ended_at}", ended_at = moment(one.ended_at.as_ref())))
    } else {
        (Tone::Neutral, glyphs::CLOCK, t!("Over since {expires_at}", expires_at = moment(one.expires_at.as_ref())))
    };
    view! {
        <li>
            <div class="grow">
                <div class="medium">{one.scopes.join(", ")}</div>
                <div class="t-12 muted">{t!("Taken on {created_at}", created_at = moment(one.created_at.as_ref()))}</div>
            </div>
            <Status tone glyph text=words/>
        </li>
    }
}
