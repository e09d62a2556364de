//! Looking at a company as its support: asking it, opening what it accepted, and what came of it.

use leptos::prelude::*;
use streamflow_proto::provider::v1::{
    self as pb, SupportSessionState as State, support_session_service_client::SupportSessionServiceClient,
};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    badge::{Status, Tone},
    browser,
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    error_panel::ErrorNote,
    field::{Choice, SelectField, TextArea},
    form::{Form, FormState},
    format::moment,
    icon::{Glyph, glyphs},
    load::{Load, Loaded},
    toast::use_toasts,
};

use crate::{
    elevation::{ElevateDialog, Elevated},
    pages::may,
};

/// How often the page looks for the company's answer.
const LOOK_EVERY_MS: u32 = 5_000;
const MINUTES: [&str; 3] = ["10", "20", "30"];

type Sessions = Load<Vec<pb::SupportSession>>;

/// What waits for the right.
#[derive(Clone)]
enum Wanted {
    Ask,
    Open(String),
}

#[component]
pub fn Support(id: String) -> impl IntoView {
    let (api, elevated) = (use_api(), expect_context::<Elevated>());
    let tenant_id = StoredValue::new(id);
    let load = Load::new(move || async move {
        let request = pb::ListSupportSessionsRequest { tenant_id: tenant_id.get_value() };
        let call = async |transport, request| SupportSessionServiceClient::new(transport).list_support_sessions(request).await;
        Ok(api.read(request, call).await?.support_sessions)
    });
    follow(load);
    let (confirming, asking) = (RwSignal::new(false), RwSignal::new(false));
    let (wanted, problem) = (RwSignal::new(None::<Wanted>), RwSignal::new(None::<ApiError>));
    let go = Callback::new(move |()| match wanted.get_untracked() {
        Some(Wanted::Ask) => asking.set(true),
        Some(Wanted::Open(id)) => open(id, load, problem),
        None => {}
    });
    let want = Callback::new(move |what: Wanted| {
        wanted.set(Some(what));
        if elevated.is_live() { go.run(()) } else { confirming.set(true) }
    });
    let ask = may("support_session.request").then(|| {
        view! { <Button small=true glyph=glyphs::LIFE_RING on_click=move |_| want.run(Wanted::Ask)>"Request support session"</Button> }
    });
    view! {
        <section class="card">
            <div class="card-head"><h2>"Support sessions"</h2><span class="push"></span>{ask}</div>
            {move || problem.get().map(|error| view! { <div class="card-body"><ErrorNote error/></div> })}
            <Loaded load what="Support sessions" let:sessions>
                {if sessions.is_empty() {
                    view! { <div class="card-body muted">"Nobody has asked to look at this company."</div> }.into_any()
                } else {
                    let rows = sessions.into_iter().map(|one| view! { <Row one load want problem/> }).collect_view();
                    view! { <ul class="list">{rows}</ul> }.into_any()
                }}
            </Loaded>
        </section>
        <ElevateDialog open=confirming done=go/>
        <AskDialog open=asking tenant_id load/>
    }
    .into_any()
}

/// An answer of the company is not told to open pages: they look for it while they wait for one.
fn follow(load: Sessions) {
    let shown = RwSignal::new(());
    spawn_local(async move {
        while shown.try_get_untracked().is_some() {
            browser::sleep_ms(LOOK_EVERY_MS).await;
            let waits = |one: &pb::SupportSession| matches!(one.state(), State::Requested | State::Accepted | State::Open);
            if shown.try_get_untracked().is_some() && load.get_untracked().is_some_and(|all| all.iter().any(waits)) {
                load.reload();
            }
        }
    });
}

/// Leaves for the other portal by the link that works once.
fn open(support_session_id: String, load: Sessions, problem: RwSignal<Option<ApiError>>) {
    let api = use_api();
    problem.set(None);
    spawn_local(async move {
        let call = async |transport, request| SupportSessionServiceClient::new(transport).take_opening(request).await;
        match api.write(&Act::default(), pb::TakeOpeningRequest { support_session_id }, call).await {
            Ok(reply) => {
                let _ = window().location().set_href(&reply.url);
            }
            Err(error) => {
                problem.try_set(Some(error));
                load.reload();
            }
        }
    });
}

#[component]
fn Row(one: pb::SupportSession, load: Sessions, want: Callback<Wanted>, problem: RwSignal<Option<ApiError>>) -> impl IntoView {
    let (api, id) = (use_api(), StoredValue::new(one.id.clone()));
    let (tone, glyph, words) = standing(&one);
    let end = move |_| {
        problem.set(None);
        spawn_local(async move {
            let request = pb::EndSupportSessionRequest { support_session_id: id.get_value() };
            let call = async |transport, request| SupportSessionServiceClient::new(transport).end_support_session(request).await;
            if let Err(error) = api.write(&Act::default(), request, call).await {
                problem.try_set(Some(error));
            }
            load.reload();
        });
    };
    let opens = one.own && one.state() == State::Accepted && may("support_session.request");
    let ends = matches!(one.state(), State::Requested | State::Accepted | State::Open) && may("support_session.end");
    view! {
        <li>
            <div class="grow stack gap-1">
                <div class="row row-wrap"><span class="medium">{one.person_name.clone()}</span><Status tone glyph text=words/></div>
                <span class="pre-line">{one.justification.clone()}</span>
                <span class="t-12 muted">
                    {format!("{} minutes at most, asked for {}", one.minutes, moment(one.requested_at.as_ref()))}
                </span>
            </div>
            <div class="row row-wrap">
                {ends.then(|| view! { <Button small=true on_click=end>"End"</Button> })}
                {opens.then(|| {
                    let press = move |_| want.run(Wanted::Open(id.get_value()));
                    view! { <Button small=true kind=Kind::Primary on_click=press>"Open"</Button> }
                })}
            </div>
        </li>
    }
    .into_any()
}

#[component]
fn AskDialog(open: RwSignal<bool>, tenant_id: StoredValue<String>, load: Sessions) -> impl IntoView {
    let (api, toasts, form) = (use_api(), use_toasts(), FormState::new());
    let (justification, minutes) = (RwSignal::new(String::new()), RwSignal::new("30".to_owned()));
    Effect::new(move |_| {
        if open.get() {
            justification.set(String::new());
            form.saved();
        }
    });
    let send = move |()| {
        let act = form.act();
        let request = pb::RequestSupportSessionRequest {
            tenant_id: tenant_id.get_value(),
            justification: justification.get_untracked(),
            minutes: minutes.with_untracked(|minutes| minutes.parse().unwrap_or(30)),
        };
        let call = async move {
            let call =
                async |transport, request| SupportSessionServiceClient::new(transport).request_support_session(request).await;
            api.write(&act, request, call).await
        };
        form.send(call, move |reply| {
            let accepted = reply.support_session.is_some_and(|one| one.state() == State::Accepted);
            toasts.say(if accepted { "The company has let you look" } else { "The company’s owners are asked" });
            open.set(false);
            load.reload();
        });
    };
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy on_click=move |_| send(())>"Ask the company"</Button>
        }
    });
    let choices = Signal::stored(MINUTES.map(|minutes| Choice::new(minutes, format!("{minutes} minutes"))).to_vec());
    view! {
        <Dialog open title="Request a support session" foot form>
            <Form state=form on_submit=send>
                <TextArea
                    name="justification"
                    label="Why"
                    value=justification
                    max_length=500
                    help="20 characters or more. The company’s owners read this, with your name."
                />
                <SelectField name="minutes" label="For how long" value=minutes choices/>
            </Form>
        </Dialog>
    }
}

fn standing(one: &pb::SupportSession) -> (Tone, Glyph, String) {
    let (until, at) = (moment(one.expires_at.as_ref()), moment(one.ended_at.as_ref()));
    match one.state() {
        State::Requested => (Tone::Warning, glyphs::CLOCK, "Waits for the company".to_owned()),
        State::Accepted => (Tone::Success, glyphs::CHECK, format!("Accepted, to be opened before {until}")),
        State::Open => (Tone::Warning, glyphs::EYE, format!("Open until {until}")),
        State::Refused => (Tone::Neutral, glyphs::XMARK, "Refused".to_owned()),
        State::Ended | State::Unspecified => {
            let how = match (&*one.ended_by, one.opened_at.is_some()) {
                ("OWNER", _) => "Ended by the company",
                (_, false) => "Never opened, over",
                ("PERSON", _) => "Left",
                _ => "Time was up",
            };
            (Tone::Neutral, glyphs::CHECK, format!("{how} {at}"))
        }
    }
}
