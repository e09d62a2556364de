//! What is asked of GitHub, and how little it is trusted: an answer is short, soon, from the address that was named, and says a number.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use reqwest::{Client, RequestBuilder, StatusCode, Url, redirect};
use serde::{Deserialize, de::DeserializeOwned};
use streamflow_kernel::error::{Error, Result};

use super::domain::{away, refused};

pub const WEB: &str = "https://github.com";
pub const API: &str = "https://api.github.com";

/// Of each of the two calls, from the connection to the last byte.
pub const PATIENCE: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(3);
/// Bytes of an answer; GitHub's have about 3,000.
const LONGEST_ANSWER: usize = 64 * 1024;
/// Version of the API: <https://docs.github.com/en/rest/about-the-rest-api/api-versions>.
const API_VERSION: &str = "2022-11-28";
/// Characters of GitHub's reason that go into the log.
const LONGEST_REASON: usize = 300;
/// Characters of a name that are kept; GitHub's have 39 at most.
const LONGEST_LOGIN: usize = 100;

/// The application that the operator has registered at GitHub, and where GitHub is.
#[derive(Clone)]
pub struct Settings {
    pub client_id: String,
    pub client_secret: String,
    /// Where people go; of an installation of their own, its address.
    pub web_url: String,
    /// Where the server asks; of an installation of their own, its address and `/api/v3`.
    pub api_url: String,
    pub patience: Duration,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("client_id", &self.client_id).field("web_url", &self.web_url).finish_non_exhaustive()
    }
}

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Github(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    client: Client,
}

/// Somebody's account at GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Stays the same for good; names and addresses change hands.
    pub id: i64,
    pub login: String,
}

/// Checks an address of the settings. By http nothing leaves this machine.
pub fn check_url(text: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|_| format!("`{text}` is no address"))?;
    let host = url.host_str().unwrap_or_default();
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if host.is_empty() || !is_plain || text.ends_with('/') {
        return Err("write https://host, with a path where there is one, and nothing after it".to_owned());
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(host) => Ok(()),
        _ => Err("the secret and people's tokens go there, so it must be https".to_owned()),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Github {
    /// Fails where an address can't be used, or the machine has no certificates that say whom to believe.
    pub fn new(settings: Settings) -> Result<Self, String> {
        for url in [&settings.web_url, &settings.api_url] {
            check_url(url)?;
        }
        streamflow_kernel::tls::install();
        let builder = Client::builder()
            .user_agent(concat!("StreamFlow/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT)
            .timeout(settings.patience);
        let unencrypted = [&settings.web_url, &settings.api_url].map(|url| url.starts_with("http:"));
        // What goes by http goes to this machine (`check_url`), and a proxy would take it from here.
        let builder = if unencrypted.contains(&true) { builder.no_proxy() } else { builder };
        let builder = if unencrypted.contains(&false) { builder } else { builder.tls_certs_only([]) };
        let client = builder.build().map_err(|error| format!("GitHub can't be called: {error:?}"))?;
        Ok(Self(Arc::new(Inner { settings, client })))
    }

    /// Which GitHub its accounts are from.
    pub fn site(&self) -> &str {
        &self.0.settings.web_url
    }

    /// Where somebody is asked who they are (RFC 6749, section 4.1.1). No scope is asked for: the number of an account is public.
    pub fn authorize_url(&self, redirect_uri: &str, state: &str, challenge: &str) -> String {
        let pairs = [
            ("response_type", "code"),
            ("client_id", self.0.settings.client_id.as_str()),
            ("redirect_uri", redirect_uri),
            ("state", state),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ];
        format!("{}/login/oauth/authorize?{}", self.0.settings.web_url, encoded(&pairs))
    }

    /// Whose code it is. The token it is exchanged for is used once, here, and kept nowhere.
    pub async fn account(&self, redirect_uri: &str, code: &str, verifier: &str) -> Result<Account> {
        let token = self.token(redirect_uri, code, verifier).await?;
        let request = self.0.client.get(format!("{}/user", self.0.settings.api_url)).bearer_auth(token);
        let request = request.header("accept", "application/vnd.github+json").header("x-github-api-version", API_VERSION);
        let user: User = read(request).await?;
        if user.id <= 0 {
            return Err(failed("an account without a number"));
        }
        let login = user.login.chars().filter(|c| !c.is_control()).take(LONGEST_LOGIN).collect();
        Ok(Account { id: user.id, login })
    }

    async fn token(&self, redirect_uri: &str, code: &str, verifier: &str) -> Result<String> {
        let Settings { client_id, client_secret, web_url, .. } = &self.0.settings;
        let pairs = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id.as_str()),
            ("client_secret", client_secret.as_str()),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        let request = self.0.client.post(format!("{web_url}/login/oauth/access_token"));
        let request = request.header("accept", "application/json").header("content-type", "application/x-www-form-urlencoded");
        let grant: Grant = read(request.body(encoded(&pairs))).await?;
        match grant {
            Grant { access_token, error, .. } if error.is_empty() && !access_token.is_empty() => Ok(access_token),
            // GitHub's word for it, and the standard's.
            Grant { error, .. } if matches!(error.as_str(), "bad_verification_code" | "invalid_grant") => Err(refused()),
            // The application is not as the settings say.
            Grant { error, error_description, .. } => {
                let why: String = format!("{error:?} {error_description:?}").chars().take(LONGEST_REASON).collect();
                Err(failed(&why))
            }
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Grant {
    access_token: String,
    /// GitHub answers refusals with status 200.
    error: String,
    error_description: String,
}

#[derive(Deserialize)]
struct User {
    id: i64,
    login: String,
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    let mut url = Url::parse("form:").expect("a constant");
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

/// The answer, if it is JSON of this shape and no longer than it should be.
async fn read<T: DeserializeOwned>(request: RequestBuilder) -> Result<T> {
    let lost = |error: reqwest::Error| failed(&format!("{:?}", error.without_url()));
    let mut response = request.send().await.map_err(lost)?;
    if response.status() != StatusCode::OK {
        return Err(failed(response.status().as_str()));
    }
    let mut bytes = Vec::new();
    while let Some(more) = response.chunk().await.map_err(lost)? {
        if bytes.len() + more.len() > LONGEST_ANSWER {
            return Err(failed("an answer without end"));
        }
        bytes.extend_from_slice(&more);
    }
    // Of what it says nothing goes into the log: it may be the token.
    serde_json::from_slice(&bytes).map_err(|_| failed("an answer of another shape"))
}

/// For the log; people are told no more than that GitHub is away.
fn failed(why: &str) -> Error {
    tracing::warn!(why, "GitHub did not answer as it should");
    away()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_unencrypted_to_another_machine() {
        for good in [WEB, API, "https://git.example.com/api/v3", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1"]
        {
            assert_eq!(check_url(good), Ok(()), "{good}");
        }
        for bad in ["http://git.example.com", "http://localhost.example.com", "http://10.0.0.1", "ftp://127.0.0.1", "file:///etc"]
        {
            assert!(check_url(bad).is_err(), "{bad}");
        }
        for bad in
            ["", "github.com", "https://github.com/", "https://ada:x@github.com", "https://github.com?a", "https://github.com#a"]
        {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_secret_is_not_shown() {
        let settings = Settings {
            client_id: "Iv1.id".to_owned(),
            client_secret: "hush".to_owned(),
            web_url: WEB.to_owned(),
            api_url: "http://127.0.0.1:1".to_owned(),
            patience: PATIENCE,
        };
        assert!(!format!("{settings:?}").contains("hush"));
    }
}
