//! Signing in with GitHub: the button, where the operator has set it up, and the page that GitHub sends people back to.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use streamflow_proto::client::v1::{
    BeginGithubSignInRequest, FinishGithubConnectionRequest, FinishGithubSignInRequest, GetGithubSignInRequest,
    github_service_client::GithubServiceClient,
};
use tonic::Code;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{Api, act::Act, error::ApiError, use_api},
    browser,
    button::{Button, Kind, LinkButton},
    error_panel::ErrorNote,
    link,
    list::state::{encode, query_value},
    session::{Who, return_address},
    toast::use_toasts,
};

use super::frame::Door;
use crate::api::{Me, session, workspace_address};

/// What the state of somebody begins with who connects an account.
const CONNECTS: &str = "connect.";
/// Where the return address waits in the tab, which GitHub takes for a while.
const NEXT: &str = "github-next";

#[component]
pub fn GithubButton() -> impl IntoView {
    let api = use_api();
    let [offered, busy] = [(); 2].map(|()| RwSignal::new(false));
    let problem = RwSignal::new(None::<ApiError>);
    spawn_local(async move {
        let call = async |transport, request| GithubServiceClient::new(transport).get_github_sign_in(request).await;
        // Without an answer there is the password.
        if let Ok(reply) = api.open(GetGithubSignInRequest {}, call).await {
            offered.try_set(reply.offered);
        }
    });
    let begin = move |_| {
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let call = async |transport, request| GithubServiceClient::new(transport).begin_github_sign_in(request).await;
            let begun = api.open(BeginGithubSignInRequest {}, call).await;
            busy.try_set(false);
            match begun {
                Ok(begun) => {
                    keep(return_address().as_deref());
                    browser::leave_for(&begun.authorize_url);
                }
                Err(error) => {
                    problem.try_set(Some(error));
                }
            }
        });
    };
    view! {
        <Show when=move || offered.get()>
            <Button large=true block=true busy on_click=begin>{t!("Continue with GitHub")}</Button>
        </Show>
        {move || problem.get().map(|error| view! { <ErrorNote error/> })}
    }
}

/// Finishes what was begun: a sign-in, or the connection of an account.
#[component]
pub fn BackFromGithub() -> impl IntoView {
    let (api, session) = (use_api(), session());
    let came = Came::read(&window().location().search().unwrap_or_default());
    // Before anything else: histories keep addresses.
    link::forget_secret();
    let connects = came.connects;
    let problem = RwSignal::new(came.problem());
    let done = RwSignal::new(false);
    if problem.with_untracked(Option::is_none) {
        spawn_local(async move {
            match finish(api, came).await {
                Ok(()) => {
                    if !connects {
                        // Nobody goes on as who was here before.
                        session.forget();
                    }
                    session.refresh();
                    done.try_set(true);
                }
                Err(error) => {
                    problem.try_set(Some(error));
                }
            }
        });
    }
    go_on_when(done, connects);
    let title = Signal::derive(move || {
        match (connects, problem.with(Option::is_some)) {
            (false, false) => t!("Signing you in"),
            (false, true) => t!("You are not signed in"),
            (true, false) => t!("Connecting GitHub"),
            (true, true) => t!("GitHub is not connected"),
        }
        .to_owned()
    });
    view! {
        <Door title>
            {move || match problem.get() {
                None => view! { <p class="soft" role="status">{t!("One moment: GitHub tells us who you are.")}</p> }.into_any(),
                Some(error) => view! {
                    <ErrorNote error/>
                    <LinkButton href="/" kind=Kind::Primary>
                        {if connects { t!("Go to your workspace") } else { t!("Back to signing in") }}
                    </LinkButton>
                }
                    .into_any(),
            }}
        </Door>
    }
}

/// Once it is known who is signed in now.
fn go_on_when(done: RwSignal<bool>, connects: bool) {
    let who = session().who();
    let (navigate, toasts) = (use_navigate(), use_toasts());
    Effect::new(move |_| {
        let next = done.get().then(|| who.with(|who| next_page(who, connects, taken))).flatten();
        let Some(next) = next else { return };
        if connects {
            toasts.say(t!("GitHub connected"));
        }
        navigate(&next, NavigateOptions { replace: true, ..NavigateOptions::default() });
    });
}

/// None while it is not known. "/" knows the way on from a sign-in.
fn next_page(who: &Who<Me>, connects: bool, back: impl FnOnce() -> Option<String>) -> Option<String> {
    match who {
        Who::Asking | Who::SignedOut => None,
        Who::SignedIn(me) if connects => Some(workspace_address(&me.tenant_id, "profile")),
        _ => Some(back().map_or_else(|| "/".to_owned(), |back| format!("/?next={}", encode(&back)))),
    }
}

/// What GitHub sent the browser back with.
#[derive(Clone, Debug, PartialEq)]
struct Came {
    code: String,
    state: String,
    /// Why there is no code (RFC 6749, section 4.1.2.1).
    error: String,
    connects: bool,
}

impl Came {
    fn read(query: &str) -> Self {
        let [code, state, error] = ["code", "state", "error"].map(|name| query_value(query, name).unwrap_or_default());
        Self { connects: state.starts_with(CONNECTS), code, state, error }
    }

    /// What there is to say before the server is asked.
    fn problem(&self) -> Option<ApiError> {
        let text = if self.error == "access_denied" {
            t!("You did not let GitHub tell us who you are. Nothing was changed.")
        } else if !self.error.is_empty() || self.code.is_empty() || self.state.is_empty() {
            t!("GitHub sent you here without an answer. Begin again.")
        } else {
            return None;
        };
        Some(ApiError::new(Code::FailedPrecondition, text))
    }
}

/// The browser gets its session as a cookie; nothing of it is seen here.
async fn finish(api: Api, came: Came) -> Result<(), ApiError> {
    let Came { code, state, connects, .. } = came;
    if connects {
        let act = Act::default();
        let call = async |transport, request| GithubServiceClient::new(transport).finish_github_connection(request).await;
        return api.open_once(&act, FinishGithubConnectionRequest { code, state }, call).await.map(|_| ());
    }
    let call = async |transport, request| GithubServiceClient::new(transport).finish_github_sign_in(request).await;
    api.open(FinishGithubSignInRequest { code, state, return_token: false }, call).await.map(|_| ())
}

/// Keeps the return address in this tab.
fn keep(next: Option<&str>) {
    let Ok(Some(storage)) = window().session_storage() else { return };
    let _ = match next {
        Some(next) => storage.set_item(NEXT, next),
        None => storage.remove_item(NEXT),
    };
}

/// What [`keep`] kept, once.
fn taken() -> Option<String> {
    let storage = window().session_storage().ok().flatten()?;
    let next = storage.get_item(NEXT).ok().flatten();
    let _ = storage.remove_item(NEXT);
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_says_what_was_begun_and_what_is_wrong() {
        let came = Came::read("?code=a%2Bb&state=sign-in.x");
        assert_eq!((came.code.as_str(), came.connects, came.problem()), ("a+b", false, None));
        assert!(Came::read("?code=a&state=connect.x").connects);
        let denied = Came::read("?error=access_denied&error_description=no&state=connect.x");
        assert!(denied.connects && denied.problem().is_some_and(|error| error.message.contains("Nothing was changed")));
        for query in ["", "?code=a", "?state=sign-in.x", "?code=&state=x", "?code=a&state=sign-in.x&error=server_error"] {
            assert!(Came::read(query).problem().is_some(), "{query}");
        }
    }

    #[test]
    fn a_sign_in_leads_back_to_where_it_was_asked_for() {
        let back = || Some("/tenant/harrow/client/leads".to_owned());
        let me = Who::SignedIn(Me { tenant_id: "harrow".into(), ..Me::default() });
        assert_eq!(next_page(&me, false, back).as_deref(), Some("/?next=%2Ftenant%2Fharrow%2Fclient%2Fleads"));
        assert_eq!(next_page(&me, false, || None).as_deref(), Some("/"));
        assert_eq!(next_page(&me, true, back).as_deref(), Some("/tenant/harrow/client/profile"));
        assert_eq!(next_page(&Who::SignedOut, false, back), None);
        assert_eq!(next_page(&Who::Asking, true, back), None);
    }
}
