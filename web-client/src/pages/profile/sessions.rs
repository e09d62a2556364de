//! Where this person is signed in, and ending it.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use streamflow_proto::client::v1::{self as pb, session_service_client::SessionServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    badge::{Badge, Tone},
    button::{Button, Kind},
    dialog::ConfirmDialog,
    error_panel::ErrorNote,
    format::{self, When, device::device},
    icon::{Icon, glyphs},
    list::{
        pages::{Pages, ShowMore},
        rows::Page,
    },
    live::{Heard, Live, use_live},
    load::{Load, Loaded},
    text::woven,
    toast::use_toasts,
};

use crate::api::{may, session};

pub fn use_sessions() -> Pages<pb::Session> {
    let api = use_api();
    let pages = Pages::new(move |page_token| async move {
        let call = async |transport, request| SessionServiceClient::new(transport).list_sessions(request).await;
        let reply = api.read(pb::ListSessionsRequest { page_token, ..Default::default() }, call).await?;
        Ok(Page { rows: reply.sessions, next_page_token: reply.page.unwrap_or_default().next_page_token, total: None })
    });
    use_live(move |heard| match heard {
        Heard::Change(change) if change.entity == "session" => pages.load.reload(),
        Heard::Reset => pages.load.reload(),
        Heard::Change(_) => {}
    });
    pages
}

#[component]
pub fn Sessions(pages: Pages<pb::Session>) -> impl IntoView {
    let sessions = pages.load;
    let problem = RwSignal::new(None::<ApiError>);
    let asking = RwSignal::new(false);
    let many = move || sessions.with(|all| all.is_some_and(|all| all.len() > 1));
    view! {
        <section class="card" aria-labelledby="sessions-head">
            <div class="card-head">
                <h2 id="sessions-head">{t!("Where you are signed in")}</h2>
                <Show when=many>
                    <Button small=true class="push" kind=Kind::DangerQuiet on_click=move |_| asking.set(true)>
                        {t!("Sign out everywhere")}
                    </Button>
                </Show>
            </div>
            {move || problem.get().map(|error| view! { <div class="profile-note"><ErrorNote error/></div> })}
            <Loaded load=sessions what=t!("Your sessions") let:list>
                <ul class="list">
                    {list.into_iter().map(|one| view! { <SessionRow one sessions problem/> }).collect_view()}
                </ul>
            </Loaded>
            <ShowMore pages/>
            <EverywhereDialog asking problem/>
        </section>
    }
}

#[component]
fn SessionRow(one: pb::Session, sessions: Load<Vec<pb::Session>>, problem: RwSignal<Option<ApiError>>) -> impl IntoView {
    let name = device(&one.user_agent);
    // What browsers on phones call themselves.
    let glyph = if one.user_agent.to_ascii_lowercase().contains("mobi") { glyphs::MOBILE_SCREEN_BUTTON } else { glyphs::DISPLAY };
    let seen = one.last_seen_at;
    let since = one.created_at;
    let label = format!(" {name}, {}", one.ip);
    let ip = one.ip.clone();
    let id = one.id.clone();
    let end = move |_| end_session(id.clone(), sessions, problem);
    view! {
        <li title=one.user_agent.clone()>
            <span class="muted"><Icon glyph/></span>
            <div class="grow">
                <div class="row">
                    <span class="medium truncate">{name}</span>
                    {one.current.then(|| view! { <Badge tone=Tone::Accent text=t!("This one")/> })}
                </div>
                <div class="t-12 muted">
                    {woven(t!("{ip}, seen {ago}, signed in {since}"), |place| match place {
                        "ip" => view! { <span class="mono">{ip.clone()}</span> }.into_any(),
                        "ago" => view! { <When at=Signal::derive(move || seen)/> }.into_any(),
                        _ => (move || format::day(since.as_ref())).into_any(),
                    })}
                </div>
            </div>
            {(!one.current)
                .then(|| {
                    view! {
                        <Button small=true on_click=end>{t!("Sign out")}<span class="sr-only">{label}</span></Button>
                    }
                })}
        </li>
    }
    .into_any()
}

fn end_session(session_id: String, sessions: Load<Vec<pb::Session>>, problem: RwSignal<Option<ApiError>>) {
    spawn_local(async move {
        let call = async |transport, request| SessionServiceClient::new(transport).revoke_session(request).await;
        let answer = use_api().write(&Act::default(), pb::RevokeSessionRequest { session_id }, call).await;
        if problem.try_get_untracked().is_none() {
            return;
        }
        problem.set(answer.as_ref().err().cloned());
        if answer.is_ok() {
            use_toasts().say(t!("Signed out there"));
        }
        sessions.reload();
    });
}

#[component]
fn EverywhereDialog(asking: RwSignal<bool>, problem: RwSignal<Option<ApiError>>) -> impl IntoView {
    let busy = RwSignal::new(false);
    let live = expect_context::<Live>();
    let navigate = StoredValue::new_local(use_navigate());
    let leave = move |()| {
        busy.set(true);
        spawn_local(async move {
            let call = async |transport, request| SessionServiceClient::new(transport).sign_out_everywhere(request).await;
            let answer = use_api().write(&Act::default(), pb::SignOutEverywhereRequest {}, call).await;
            if busy.try_set(false).is_some() {
                return;
            }
            asking.set(false);
            match answer {
                Ok(_) => {
                    live.stop();
                    session().forget();
                    navigate.with_value(|navigate| navigate("/sign-in", NavigateOptions::default()));
                }
                Err(error) => problem.set(Some(error)),
            }
        });
    };
    view! {
        <ConfirmDialog open=asking title=t!("Sign out everywhere?") action=t!("Sign out everywhere") busy on_confirm=leave>
            <p>
                {if may("account.second_factor") {
                    t!("Every browser and app in which you are signed in stops working at its next request, this one at once. You sign in again with your password and your second factor, if you have one.")
                } else {
                    t!("Every browser and app in which you are signed in stops working at its next request, this one at once. You sign in again with your password.")
                }}
            </p>
        </ConfirmDialog>
    }
}
