//! The GitHub account that signs this person in, where the operator has set it up.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, github_service_client::GithubServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    badge::{Status, Tone},
    browser,
    button::{Button, Kind},
    dialog::{ConfirmDialog, Dialog},
    error_panel::ErrorNote,
    form::{Form, FormState},
    format,
    icon::glyphs,
    load::Load,
    toast::use_toasts,
};

use crate::parts::proof::Proof;

type Known = Load<pb::GetGithubConnectionResponse>;

#[component]
pub fn Github(
    /// The session has a new id.
    #[prop(into)]
    changed: Callback<()>,
) -> impl IntoView {
    let api = use_api();
    let known = Load::new(move || async move {
        let call = async |transport, request| GithubServiceClient::new(transport).get_github_connection(request).await;
        api.read(pb::GetGithubConnectionRequest {}, call).await
    });
    // Where nobody can be signed in with it nothing is said about it.
    let offered = Memo::new(move |_| known.with(|known| known.is_some_and(|known| known.offered)));
    view! {
        <Show when=move || offered.get()>
            <Card known changed/>
        </Show>
    }
}

#[component]
fn Card(known: Known, changed: Callback<()>) -> impl IntoView {
    let connection = move || known.with(|known| known.and_then(|known| known.connection.clone()));
    let [connecting, parting] = [(); 2].map(|()| RwSignal::new(false));
    let text = move || {
        match connection() {
        Some(connection) => {
            let since = format::day(connection.connected_at.as_ref());
            t!("The account {login} signs you in in place of your password, since {since}.", login = connection.login, since)
        }
        None => t!(
            "Sign in with your GitHub account in place of your password. Your authenticator is asked for as before, if you have one."
        )
        .to_owned(),
    }
    };
    view! {
        <section class="card" aria-labelledby="github-head">
            <div class="card-head">
                <h2 id="github-head">{t!("GitHub")}</h2>
                <span class="push">
                    {move || match connection() {
                        Some(_) => view! { <Status tone=Tone::Success glyph=glyphs::CIRCLE_CHECK text=t!("Connected")/> }.into_any(),
                        None => view! { <Status glyph=glyphs::CIRCLE_OPEN text=t!("Not connected")/> }.into_any(),
                    }}
                </span>
            </div>
            <div class="card-body stack gap-4">
                <p class="soft">{text}</p>
                <div class="row row-wrap">
                    {move || match connection() {
                        Some(_) => view! {
                            <Button kind=Kind::DangerQuiet on_click=move |_| parting.set(true)>{t!("Disconnect GitHub")}</Button>
                        }
                            .into_any(),
                        None => view! { <Button on_click=move |_| connecting.set(true)>{t!("Connect GitHub")}</Button> }.into_any(),
                    }}
                </div>
            </div>
            <Dialog open=connecting title=t!("Connect GitHub")>
                <Connect/>
            </Dialog>
            <Disconnect open=parting known changed/>
        </section>
    }
    .into_any()
}

/// Password, and the current code if there is one, then on to GitHub.
#[component]
fn Connect() -> impl IntoView {
    let api = use_api();
    let form = FormState::new();
    let [password, code] = [(); 2].map(|()| RwSignal::new(String::new()));
    let send = move |()| {
        let request = pb::BeginGithubConnectionRequest { current_password: password.get_untracked(), code: code.get_untracked() };
        let call = async move {
            api.open(request, async |transport, request| {
                GithubServiceClient::new(transport).begin_github_connection(request).await
            })
            .await
        };
        form.send(call, move |begun| browser::leave_for(&begun.authorize_url));
    };
    view! {
        <Form state=form on_submit=send guard=false>
            <p>{t!("Show once more that it is you. Then GitHub asks whether we may know who you are there, and brings you back.")}</p>
            <Proof password code/>
            <div><Button kind=Kind::Primary submit=true busy=form.busy>{t!("Go on to GitHub")}</Button></div>
        </Form>
    }
}

#[component]
fn Disconnect(open: RwSignal<bool>, known: Known, changed: Callback<()>) -> impl IntoView {
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<ApiError>);
    let part = move |()| {
        busy.set(true);
        spawn_local(async move {
            let call = async |transport, request| GithubServiceClient::new(transport).disconnect_github(request).await;
            let answer = use_api().write(&Act::default(), pb::DisconnectGithubRequest {}, call).await;
            if busy.try_set(false).is_some() {
                return;
            }
            problem.set(answer.as_ref().err().cloned());
            if answer.is_ok() {
                open.set(false);
                use_toasts().say(t!("GitHub disconnected"));
                changed.run(());
            }
            known.reload();
        });
    };
    view! {
        <ConfirmDialog open title=t!("Disconnect GitHub?") action=t!("Disconnect GitHub") busy on_confirm=part>
            <p>{t!("Your GitHub account signs you in no more. Your password does, and you can connect the account again.")}</p>
            {move || problem.get().map(|error| view! { <ErrorNote error/> })}
        </ConfirmDialog>
    }
}
