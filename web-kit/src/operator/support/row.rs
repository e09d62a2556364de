//! One request or session: who, why, where it stands, and what can be done.

use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{SupportLine, SupportPortal, SupportState, desk::Desk};
use crate::{
    api::{act::Act, error::ApiError, use_api},
    badge::{Status, Tone},
    button::{Button, Kind},
    icon::{Glyph, glyphs},
    operator::{Manner, space::may},
};

pub(super) fn row<P: SupportPortal>(one: SupportLine, desk: Desk) -> impl IntoView {
    let id = StoredValue::new(one.id.clone());
    let (tone, glyph, words) = standing(&one, P::MANNER);
    let (act, ending) = (StoredValue::new_local(Rc::new(Act::default())), RwSignal::new(false));
    let end = move |_| {
        let (api, act) = (use_api(), act.get_value());
        desk.problem.set(None);
        ending.set(true);
        spawn_local(async move {
            let answer = P::end_support(api, act, id.get_value()).await;
            ending.try_set(false);
            // A row that is drawn anew has a new act. While nobody knows what came of this one, the next press has to be the same.
            let is_known = !answer.as_ref().is_err_and(ApiError::outcome_is_unknown);
            if desk.problem.try_set(answer.err()).is_none() && is_known {
                desk.load.reload();
            }
        });
    };
    let opening = Signal::derive(move || id.with_value(|id| desk.is_opening(id)));
    let opens = one.own && one.state == SupportState::Accepted && may("support_session.request");
    let ends = one.goes_on() && may("support_session.end");
    let who = if desk.tenant_id.with_value(String::is_empty) {
        t!("{person_name} at {tenant_name}", person_name = one.person_name, tenant_name = one.tenant_name)
    } else {
        one.person_name.clone()
    };
    let whose = StoredValue::new(t!(", session of {person_name}", person_name = one.person_name));
    view! {
        <li>
            <div class="grow stack gap-1">
                <div class="row row-wrap"><span class="medium">{who}</span><Status tone glyph text=words/></div>
                <span class="pre-line">{one.justification.clone()}</span>
                <span class="t-12 muted">
                    {t!("{minutes} minutes at most, asked for {requested_at}", minutes = one.minutes, requested_at = P::MANNER.moment(one.requested_at.as_ref()))}
                </span>
            </div>
            <div class="row row-wrap">
                {ends.then(|| view! {
                    <Button small=true busy=ending on_click=end>{t!("End")}<span class="sr-only">{whose.get_value()}</span></Button>
                })}
                {opens.then(|| {
                    let press = move |_| desk.open::<P>(id.get_value());
                    view! {
                        <Button small=true kind=Kind::Primary busy=opening on_click=press>
                            {t!("Open")}<span class="sr-only">{whose.get_value()}</span>
                        </Button>
                    }
                })}
            </div>
        </li>
    }
    .into_any()
}

fn standing(one: &SupportLine, manner: Manner) -> (Tone, Glyph, String) {
    let (until, at) = (manner.moment(one.expires_at.as_ref()), manner.moment(one.ended_at.as_ref()));
    match one.state {
        SupportState::Requested => (Tone::Warning, glyphs::CLOCK, t!("Waits for the company").to_owned()),
        SupportState::Accepted => (Tone::Success, glyphs::CHECK, t!("Accepted, to be opened before {until}", until)),
        SupportState::Open => (Tone::Warning, glyphs::EYE, t!("Open until {until}", until)),
        SupportState::Refused => (Tone::Neutral, glyphs::XMARK, t!("Refused").to_owned()),
        SupportState::Ended => {
            let how = match (&*one.ended_by, one.opened_at.is_some()) {
                (by, false) if by != "OWNER" => t!("Never opened, over"),
                (by, _) => how_ended(by),
            };
            (Tone::Neutral, glyphs::CHECK, format!("{how} {at}"))
        }
    }
}

/// What made an end of a session: `OWNER`, `PERSON` and so on, as the contract names it.
pub fn how_ended(by: &str) -> &'static str {
    match by {
        "OWNER" => t!("Ended by the company"),
        "PERSON" => t!("Left"),
        "RIGHT_ENDED" => t!("Ended with the right"),
        "SIGNED_OUT" => t!("Ended by signing out"),
        "SHUT_OUT" => t!("Ended with the account’s rights"),
        "RECOVERED" => t!("Ended after Recovery Mode"),
        _ => t!("Time was up"),
    }
}
