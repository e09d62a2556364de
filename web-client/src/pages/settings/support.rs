//! People of the support: whether owners are asked first, who asks now, who looks, and who has looked.

use std::rc::Rc;

use leptos::prelude::*;
use streamflow_proto::client::v1::{
    self as pb, SupportSessionState as State, support_session_service_client::SupportSessionServiceClient,
};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    badge::{Status, Tone},
    button::{Button, Kind},
    empty::EmptyState,
    error_panel::ErrorNote,
    field::Switch,
    format::moment,
    icon::{Glyph, glyphs},
    live::{Heard, use_live},
    load::{Load, Loaded},
    toast::use_toasts,
};

use crate::api::me;

type Read = pb::ListSupportSessionsResponse;

#[component]
pub fn Support() -> impl IntoView {
    let all = Load::new(async || {
        let call = async |transport, request| SupportSessionServiceClient::new(transport).list_support_sessions(request).await;
        use_api().read(pb::ListSupportSessionsRequest {}, call).await
    });
    use_live(move |heard| match heard {
        Heard::Change(change) if change.entity == "support_session" => all.reload(),
        Heard::Reset => all.reload(),
        Heard::Change(_) => {}
    });
    let problem = RwSignal::new(None::<ApiError>);
    view! {
        {move || problem.get().map(|error| view! { <ErrorNote error/> })}
        <Loaded load=all what=t!("Support sessions") let:read>
            <Consent ask_first=read.ask_first problem/>
            <Sessions read all problem/>
        </Loaded>
    }
    .into_any()
}

#[component]
fn Consent(ask_first: bool, problem: RwSignal<Option<ApiError>>) -> impl IntoView {
    let on = RwSignal::new(ask_first);
    let set = move |ask_first: bool| {
        problem.set(None);
        spawn_local(async move {
            let call = async |transport, request| SupportSessionServiceClient::new(transport).set_support_consent(request).await;
            match use_api().write(&Act::default(), pb::SetSupportConsentRequest { ask_first }, call).await {
                Ok(_) => use_toasts().say(if ask_first { t!("Owners are asked first") } else { t!("Nobody is asked first") }),
                Err(error) => {
                    on.try_set(!ask_first);
                    problem.try_set(Some(error));
                }
            }
        });
    };
    view! {
        <section class="card" aria-labelledby="consent-head">
            <div class="card-head"><h2 id="consent-head">{t!("Support")}</h2></div>
            <ul class="list">
                <li>
                    <div class="grow">
                        {if me().read_only {
                            view! { <span>{if ask_first { t!("Owners are asked first") } else { t!("Nobody is asked first") }}</span> }.into_any()
                        } else {
                            view! { <Switch label=t!("Ask an owner first") value=on on_change=set/> }.into_any()
                        }}
                        <div class="t-12 muted">
                            {t!("Somebody of the support looks at your company only when an owner accepts. They change nothing and stay 30 minutes at most. E-mail addresses, telephone numbers, streets and your own fields are masked, and so are notes; names they see.")}
                        </div>
                    </div>
                </li>
            </ul>
        </section>
    }
}

#[component]
fn Sessions(read: Read, all: Load<Read>, problem: RwSignal<Option<ApiError>>) -> impl IntoView {
    let rows = read.support_sessions;
    let body = if rows.is_empty() {
        let text = t!("When somebody of the support wants to look at your company, or has looked, it stands here.");
        view! { <EmptyState title=t!("Nobody has asked") text/> }.into_any()
    } else {
        let rows = rows.into_iter().map(|one| view! { <Row one all problem/> }).collect_view();
        view! { <ul class="list support-list">{rows}</ul> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="support-head">
            <div class="card-head"><h2 id="support-head">{t!("Requests and sessions")}</h2></div>
            {body}
        </section>
    }
}

#[component]
fn Row(one: pb::SupportSession, all: Load<Read>, problem: RwSignal<Option<ApiError>>) -> impl IntoView {
    let (tone, glyph, words) = standing(&one);
    let id = StoredValue::new(one.id.clone());
    let (act, busy) = (StoredValue::new_local(Rc::new(Act::default())), RwSignal::new(false));
    let answer = move |deed: Deed| {
        let (act, id) = (act.get_value(), id.get_value());
        problem.set(None);
        busy.set(true);
        spawn_local(async move {
            let answer = send(&act, id, deed).await;
            busy.try_set(false);
            // A row that is read anew has a new act. While nobody knows what came of this one, the next press has to be the same.
            let is_known = !answer.as_ref().is_err_and(ApiError::outcome_is_unknown);
            if problem.try_set(answer.err()).is_none() && is_known {
                all.reload();
            }
        });
    };
    let whose = StoredValue::new(t!(", session of {person_name}", person_name = one.person_name));
    let buttons = match one.state() {
        State::Requested => view! {
            <Button small=true busy on_click=move |_| answer(Deed::Refuse)>
                {t!("Refuse")}<span class="sr-only">{whose.get_value()}</span>
            </Button>
            {(!me().read_only).then(|| view! {
                <Button small=true kind=Kind::Primary busy on_click=move |_| answer(Deed::Accept)>
                    {t!("Accept")}<span class="sr-only">{whose.get_value()}</span>
                </Button>
            })}
        }
        .into_any(),
        State::Accepted | State::Open => view! {
            <Button small=true kind=Kind::DangerQuiet busy on_click=move |_| answer(Deed::End)>
                {t!("End now")}<span class="sr-only">{whose.get_value()}</span>
            </Button>
        }
        .into_any(),
        _ => ().into_any(),
    };
    view! {
        <li>
            <div class="grow stack gap-1">
                <div class="row row-wrap"><span class="medium">{one.person_name.clone()}</span><Status tone glyph text=words/></div>
                <span class="pre-line">{one.justification.clone()}</span>
                <span class="t-12 muted">
                    {t!("{minutes} minutes at most, asked for {requested_at}", minutes = one.minutes, requested_at = moment(one.requested_at.as_ref()))}
                </span>
            </div>
            <div class="row row-wrap">{buttons}</div>
        </li>
    }
    .into_any()
}

#[derive(Clone, Copy)]
enum Deed {
    Accept,
    Refuse,
    End,
}

async fn send(act: &Act, support_session_id: String, deed: Deed) -> Result<(), ApiError> {
    let api = use_api();
    if matches!(deed, Deed::End) {
        let call = async |transport, request| SupportSessionServiceClient::new(transport).end_support_session(request).await;
        api.write(act, pb::EndSupportSessionRequest { support_session_id }, call).await?;
        return Ok(());
    }
    let request = pb::DecideSupportSessionRequest { support_session_id, accept: matches!(deed, Deed::Accept) };
    let call = async |transport, request| SupportSessionServiceClient::new(transport).decide_support_session(request).await;
    api.write(act, request, call).await?;
    Ok(())
}

fn standing(one: &pb::SupportSession) -> (Tone, Glyph, String) {
    let until = || moment(one.expires_at.as_ref());
    match one.state() {
        State::Requested => (Tone::Warning, glyphs::CLOCK, t!("Waits for your answer").to_owned()),
        State::Accepted => (Tone::Info, glyphs::CHECK, t!("May look, opened before {until}", until = until())),
        State::Open => (Tone::Warning, glyphs::EYE, t!("Looks until {until}", until = until())),
        State::Refused => (Tone::Neutral, glyphs::XMARK, t!("Refused").to_owned()),
        State::Ended | State::Unspecified => (Tone::Neutral, glyphs::CHECK, ended(one)),
    }
}

fn ended(one: &pb::SupportSession) -> String {
    let at = moment(one.ended_at.as_ref());
    match (&*one.ended_by, one.opened_at.is_some()) {
        ("OWNER", _) => t!("Ended by an owner {at}", at),
        (_, false) => t!("Never opened, over {at}", at),
        ("PERSON", _) => t!("Left {at}", at),
        ("RIGHT_ENDED", _) => t!("Their right to look ended {at}", at),
        ("SIGNED_OUT", _) => t!("They signed out {at}", at),
        ("SHUT_OUT" | "RECOVERED", _) => t!("Ended by the support {at}", at),
        _ => t!("Time was up {at}", at),
    }
}
