//! A GitHub on a free port: it asks people nothing, gives out codes, and is as strict as the real one about who comes with them. It can
//! be away, slow, or talk nonsense.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, Uri, header::LOCATION},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::{Stream, StreamExt as _, stream};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use streamflow_client::github::site::{Github, Settings};
use tokio::net::TcpListener;
use uuid::Uuid;

const CLIENT_ID: &str = "Iv1.of-the-tests";
pub const CLIENT_SECRET: &str = "canary-github-client-secret";
/// Long enough for this machine, short enough to wait for.
const PATIENCE: Duration = Duration::from_secs(1);
/// Where an answer leads that must not be followed.
const ELSEWHERE: &str = "/elsewhere";

/// Somebody's account there.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    pub id: i64,
    pub login: &'static str,
}

/// The two calls of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Token,
    User,
}

/// How an answer can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Never comes.
    Slow,
    /// Begins and never ends.
    Endless,
    Huge,
    Broken,
    Redirect,
    Page,
    /// JSON of another shape.
    Shape,
}

impl Trouble {
    pub const ALL: [Self; 7] = [Self::Slow, Self::Endless, Self::Huge, Self::Broken, Self::Redirect, Self::Page, Self::Shape];
}

/// Dropped, it is not reached any more.
pub struct FakeGithub {
    address: SocketAddr,
    house: House,
    task: tokio::task::AbortHandle,
}

type House = Arc<Mutex<Books>>;

#[derive(Default)]
struct Books {
    codes: HashMap<String, Grant>,
    tokens: HashMap<String, Account>,
    trouble: Option<(Call, Trouble)>,
    /// Codes stay good.
    forgiving: bool,
    calls: usize,
    /// What was followed and should not have been.
    followed: usize,
}

#[derive(Clone)]
struct Grant {
    account: Account,
    challenge: String,
    redirect_uri: String,
}

impl Drop for FakeGithub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FakeGithub {
    pub async fn start() -> Self {
        let house = House::default();
        let app = Router::new()
            .route("/login/oauth/access_token", post(token))
            .route("/api/v3/user", get(user))
            .fallback(|State(house): State<House>| async move {
                books(&house).followed += 1;
                StatusCode::NOT_FOUND
            })
            .with_state(Arc::clone(&house));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("a listener") }).abort_handle();
        Self { address, house, task }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// As a server that people sign in to is set up.
    pub fn provider(&self) -> Github {
        self.provider_with(CLIENT_SECRET)
    }

    pub fn provider_with(&self, client_secret: &str) -> Github {
        let settings = Settings {
            client_id: CLIENT_ID.to_owned(),
            client_secret: client_secret.to_owned(),
            web_url: self.url(),
            api_url: format!("{}/api/v3", self.url()),
            patience: PATIENCE,
        };
        Github::new(settings).expect("a provider")
    }

    /// Somebody comes to the page with this address, and says yes. Returns code and state, as they go back with the browser.
    pub fn authorize(&self, authorize_url: &str, account: Account) -> (String, String) {
        let uri: Uri = authorize_url.parse().expect("an address");
        assert_eq!((uri.host(), uri.path()), (Some("127.0.0.1"), "/login/oauth/authorize"));
        let asked = pairs(&uri);
        assert_eq!((asked["client_id"].as_str(), asked["response_type"].as_str()), (CLIENT_ID, "code"));
        assert_eq!((asked["code_challenge_method"].as_str(), asked["code_challenge"].len()), ("S256", 43));
        let grant = Grant { account, challenge: asked["code_challenge"].clone(), redirect_uri: asked["redirect_uri"].clone() };
        let code = Uuid::new_v4().simple().to_string();
        self.books().codes.insert(code.clone(), grant);
        (code, asked["state"].clone())
    }

    /// Where the browser is sent back to, by the address it came with.
    pub fn redirect_uri(authorize_url: &str) -> String {
        pairs(&authorize_url.parse().expect("an address"))["redirect_uri"].clone()
    }

    /// From now on something is wrong with the answers of one call.
    pub fn trouble(&self, trouble: Option<(Call, Trouble)>) {
        self.books().trouble = trouble;
    }

    /// From now on codes can be used again and again, so that nothing but the state keeps anybody from it.
    pub fn forgive(&self) {
        self.books().forgiving = true;
    }

    /// Calls so far.
    pub fn calls(&self) -> usize {
        self.books().calls
    }

    /// How often an answer's way to another address was followed.
    pub fn followed(&self) -> usize {
        self.books().followed
    }

    /// Tokens it gave out.
    pub fn tokens(&self) -> Vec<String> {
        self.books().tokens.keys().cloned().collect()
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        books(&self.house)
    }
}

fn books(house: &House) -> MutexGuard<'_, Books> {
    house.lock().unwrap_or_else(PoisonError::into_inner)
}

fn pairs(uri: &Uri) -> HashMap<String, String> {
    Query::try_from_uri(uri).expect("a query").0
}

async fn token(State(house): State<House>, headers: HeaderMap, body: String) -> Response {
    if let Some(wrong) = wrong_answer(&house, Call::Token).await {
        return wrong;
    }
    assert_eq!(header(&headers, "accept"), "application/json");
    let form = pairs(&format!("/?{body}").parse().expect("a form"));
    let mut books = books(&house);
    books.calls += 1;
    if form["client_id"] != CLIENT_ID || form["client_secret"] != CLIENT_SECRET {
        return refusal("incorrect_client_credentials");
    }
    let grant = if books.forgiving { books.codes.get(&form["code"]).cloned() } else { books.codes.remove(&form["code"]) };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    let good = grant.filter(|grant| grant.challenge == challenge && grant.redirect_uri == form["redirect_uri"]);
    let Some(grant) = good else { return refusal("bad_verification_code") };
    let token = format!("gho_{}", Uuid::new_v4().simple());
    books.tokens.insert(token.clone(), grant.account);
    axum::Json(json!({ "access_token": token, "scope": "", "token_type": "bearer" })).into_response()
}

/// With status 200, as GitHub does it.
fn refusal(error: &str) -> Response {
    axum::Json(json!({ "error": error, "error_description": "Words.", "error_uri": "https://example.com" })).into_response()
}

async fn user(State(house): State<House>, headers: HeaderMap) -> Response {
    if let Some(wrong) = wrong_answer(&house, Call::User).await {
        return wrong;
    }
    let mut books = books(&house);
    books.calls += 1;
    let token = header(&headers, "authorization").strip_prefix("Bearer ").unwrap_or_default();
    // GitHub turns away whoever does not say what they are.
    let account = books.tokens.get(token).filter(|_| header(&headers, "user-agent").starts_with("StreamFlow/"));
    match account {
        Some(Account { id, login }) => {
            axum::Json(json!({ "login": login, "id": id, "node_id": "MDQ6VXNlcjE=", "email": null })).into_response()
        }
        None => (StatusCode::UNAUTHORIZED, axum::Json(json!({ "message": "Bad credentials" }))).into_response(),
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn wrong_answer(house: &House, call: Call) -> Option<Response> {
    let trouble = books(house).trouble.filter(|(troubled, _)| *troubled == call)?.1;
    Some(match trouble {
        Trouble::Slow => std::future::pending().await,
        Trouble::Endless => Body::from_stream(beginning()).into_response(),
        Trouble::Huge => {
            format!("{{\"access_token\": \"{0}\", \"login\": \"{0}\", \"id\": 1}}", "x".repeat(1 << 20)).into_response()
        }
        Trouble::Broken => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Trouble::Redirect => (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, ELSEWHERE)]).into_response(),
        Trouble::Page => axum::response::Html("<!doctype html><title>Unicorn</title>").into_response(),
        Trouble::Shape => axum::Json(json!({ "access_token": 1, "id": "one" })).into_response(),
    })
}

fn beginning() -> impl Stream<Item = std::io::Result<&'static str>> {
    stream::once(async { Ok("{") }).chain(stream::pending())
}
