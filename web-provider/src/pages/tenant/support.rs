//! Looking at a company as its support: asking it, opening what it accepted, and what came of it.

use std::rc::Rc;

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

/// What the rows and the dialogs share.
#[derive(Clone, Copy)]
struct Desk {
    tenant_id: StoredValue<String>,
    load: Sessions,
    problem: RwSignal<Option<ApiError>>,
    elevated: Elevated,
    wanted: RwSignal<Option<Wanted>>,
    confirming: RwSignal<bool>,
    asking: RwSignal<bool>,
    /// The one being opened.
    opening: RwSignal<Option<String>>,
    /// Of the opening. Not kept by the row, which may be drawn anew while password and code are asked for.
    act: StoredValue<Rc<Act>, LocalStorage>,
}

impl Desk {
    fn want(self, what: Wanted) {
        self.wanted.set(Some(what));
        if self.elevated.is_live() {
            self.go();
        } else {
            self.confirming.set(true);
        }
    }

    fn go(self) {
        match self.wanted.get_untracked() {
            Some(Wanted::Ask) => self.asking.set(true),
            Some(Wanted::Open(id)) => self.open(id),
            None => {}
        }
    }

    /// Leaves for the other portal by the link that works once.
    fn open(self, id: String) {
        if self.opening.with_untracked(Option::is_some) {
            return;
        }
        self.problem.set(None);
        self.opening.set(Some(id.clone()));
        let act = self.act.get_value();
        spawn_local(async move {
            let call = async |transport, request| SupportSessionServiceClient::new(transport).take_opening(request).await;
            match use_api().write(&act, pb::TakeOpeningRequest { support_session_id: id }, call).await {
                // Stays busy until the page is gone: there is no second link.
                Ok(reply) => browser::leave_for(&reply.url),
                Err(error) => {
                    self.opening.try_set(None);
                    if !self.confirms_again(&error) && self.problem.try_set(Some(error)).is_none() {
                        self.load.reload();
                    }
                }
            }
        });
    }

    /// Asks for password and code where the server says that the right is over; what was wanted goes on from there.
    fn confirms_again(self, error: &ApiError) -> bool {
        let is_over = error.reason == "ELEVATION_REQUIRED";
        if is_over {
            self.elevated.forget();
            self.confirming.try_set(true);
        }
        is_over
    }
}

async fn sessions(tenant_id: String) -> Result<Vec<pb::SupportSession>, ApiError> {
    let call = async |transport, request| SupportSessionServiceClient::new(transport).list_support_sessions(request).await;
    Ok(use_api().read(pb::ListSupportSessionsRequest { tenant_id }, call).await?.support_sessions)
}

#[component]
pub fn Support(id: String) -> impl IntoView {
    let tenant_id = StoredValue::new(id);
    let load = Load::new(move || sessions(tenant_id.get_value()));
    let problem = RwSignal::new(None::<ApiError>);
    let desk = Desk {
        tenant_id,
        load,
        problem,
        elevated: expect_context(),
        wanted: RwSignal::new(None),
        confirming: RwSignal::new(false),
        asking: RwSignal::new(false),
        opening: RwSignal::new(None),
        act: StoredValue::new_local(Rc::new(Act::default())),
    };
    follow(desk);
    let ask = may("support_session.request").then(|| {
        view! { <Button small=true glyph=glyphs::LIFE_RING on_click=move |_| desk.want(Wanted::Ask)>"Request support session"</Button> }
    });
    view! {
        <section class="card">
            <div class="card-head"><h2>"Support sessions"</h2><span class="push"></span>{ask}</div>
            {move || problem.get().map(|error| view! { <div class="card-body"><ErrorNote error/></div> })}
            <Loaded load what="Support sessions" let:sessions>
                {if sessions.is_empty() {
                    view! { <div class="card-body muted">"Nobody has asked to look at this company."</div> }.into_any()
                } else {
                    let rows = sessions.into_iter().map(|one| view! { <Row one desk/> }).collect_view();
                    view! { <ul class="list support-list">{rows}</ul> }.into_any()
                }}
            </Loaded>
        </section>
        <ElevateDialog open=desk.confirming done=Callback::new(move |()| desk.go())/>
        <AskDialog desk/>
    }
    .into_any()
}

/// An answer of the company is not told to open pages: they look for it while they wait for one.
fn follow(desk: Desk) {
    spawn_local(async move {
        loop {
            browser::sleep_ms(LOOK_EVERY_MS).await;
            let Some(tenant_id) = desk.tenant_id.try_get_value() else { return };
            let known = desk.load.get_untracked();
            let waits = |one: &pb::SupportSession| matches!(one.state(), State::Requested | State::Accepted | State::Open);
            if !known.as_ref().is_some_and(|all| all.iter().any(waits)) {
                continue;
            }
            let found = sessions(tenant_id).await.ok();
            if desk.tenant_id.try_get_value().is_none() {
                return;
            }
            // Rows that are drawn anew lose the focus, and an answer that came meanwhile may be newer than this one.
            if found != known
                && desk.load.get_untracked() == known
                && let Some(found) = found
            {
                desk.load.set(found);
            }
        }
    });
}

#[component]
fn Row(one: pb::SupportSession, desk: Desk) -> impl IntoView {
    let id = StoredValue::new(one.id.clone());
    let (tone, glyph, words) = standing(&one);
    let (act, ending) = (StoredValue::new_local(Rc::new(Act::default())), RwSignal::new(false));
    let end = move |_| {
        let (act, request) = (act.get_value(), pb::EndSupportSessionRequest { support_session_id: id.get_value() });
        desk.problem.set(None);
        ending.set(true);
        spawn_local(async move {
            let call = async |transport, request| SupportSessionServiceClient::new(transport).end_support_session(request).await;
            let answer = use_api().write(&act, request, call).await;
            ending.try_set(false);
            // A row that is drawn anew has a new act. While nobody knows what came of this one, the next press has to be the same.
            let is_known = !answer.as_ref().is_err_and(ApiError::outcome_is_unknown);
            if desk.problem.try_set(answer.err()).is_none() && is_known {
                desk.load.reload();
            }
        });
    };
    let opening = Signal::derive(move || desk.opening.get() == Some(id.get_value()));
    let opens = one.own && one.state() == State::Accepted && may("support_session.request");
    let ends = matches!(one.state(), State::Requested | State::Accepted | State::Open) && may("support_session.end");
    let whose = StoredValue::new(format!(", session of {}", one.person_name));
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
                {ends.then(|| view! {
                    <Button small=true busy=ending on_click=end>"End"<span class="sr-only">{whose.get_value()}</span></Button>
                })}
                {opens.then(|| {
                    let press = move |_| desk.want(Wanted::Open(id.get_value()));
                    view! {
                        <Button small=true kind=Kind::Primary busy=opening on_click=press>
                            "Open"<span class="sr-only">{whose.get_value()}</span>
                        </Button>
                    }
                })}
            </div>
        </li>
    }
    .into_any()
}

#[component]
fn AskDialog(desk: Desk) -> impl IntoView {
    let (api, toasts, form) = (use_api(), use_toasts(), FormState::new());
    let (justification, minutes) = (RwSignal::new(String::new()), RwSignal::new("30".to_owned()));
    let send = move |()| {
        let act = form.act();
        let request = pb::RequestSupportSessionRequest {
            tenant_id: desk.tenant_id.get_value(),
            justification: justification.get_untracked(),
            minutes: minutes.with_untracked(|minutes| minutes.parse().unwrap_or(30)),
        };
        let call = async move {
            let call =
                async |transport, request| SupportSessionServiceClient::new(transport).request_support_session(request).await;
            match api.write(&act, request, call).await {
                Err(error) if desk.confirms_again(&error) => Ok(None),
                answer => answer.map(Some),
            }
        };
        form.send(call, move |reply| {
            desk.asking.set(false);
            let Some(reply) = reply else {
                // Comes back with what was typed, once the right is there.
                form.dirty.set(true);
                return;
            };
            let accepted = reply.support_session.is_some_and(|one| one.state() == State::Accepted);
            toasts.say(if accepted { "The company has let you look" } else { "The company’s owners are asked" });
            justification.set(String::new());
            desk.load.reload();
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
        <Dialog open=desk.asking title="Request a support session" foot form>
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
                ("RIGHT_ENDED", _) => "Ended with the right",
                ("SIGNED_OUT", _) => "Ended by signing out",
                ("SHUT_OUT", _) => "Ended with the account’s rights",
                ("RECOVERED", _) => "Ended after Recovery Mode",
                _ => "Time was up",
            };
            (Tone::Neutral, glyphs::CHECK, format!("{how} {at}"))
        }
    }
}
