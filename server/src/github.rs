//! Signing in to the client portal with GitHub: what of it is in the configuration.

use serde::{Deserialize, Serialize};
use streamflow_client::github::site::{API, Github, PATIENCE, Settings, WEB, check_url};

/// The application that is registered at GitHub, and where GitHub is. Off without both of the first.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GithubSignIn {
    pub client_id: Option<String>,
    pub client_secret: Option<String>,
    /// Where people go.
    pub web_url: String,
    /// Where the server asks.
    pub api_url: String,
}

impl Default for GithubSignIn {
    fn default() -> Self {
        Self { client_id: None, client_secret: None, web_url: WEB.to_owned(), api_url: API.to_owned() }
    }
}

impl std::fmt::Debug for GithubSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GithubSignIn").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl GithubSignIn {
    /// One without the other is of no use.
    pub fn check(&self) -> anyhow::Result<()> {
        for (name, url) in [("web_url", &self.web_url), ("api_url", &self.api_url)] {
            check_url(url).map_err(|problem| anyhow::anyhow!("github.{name}: {problem}"))?;
        }
        match (filled(self.client_id.as_ref()), filled(self.client_secret.as_ref())) {
            (Some(_), None) => anyhow::bail!("github.client_secret: the application needs its secret"),
            (None, Some(_)) => anyhow::bail!("github.client_id: the secret needs its application"),
            _ => Ok(()),
        }
    }

    /// None where it is not set up.
    pub fn open(&self) -> anyhow::Result<Option<Github>> {
        let both = filled(self.client_id.as_ref()).zip(filled(self.client_secret.as_ref()));
        let Some((client_id, client_secret)) = both else { return Ok(None) };
        let (web_url, api_url) = (self.web_url.clone(), self.api_url.clone());
        let settings = Settings { client_id, client_secret, web_url, api_url, patience: PATIENCE };
        Github::new(settings).map(Some).map_err(|problem| anyhow::anyhow!("github: {problem}"))
    }
}

/// Whoever sets a variable to nothing means that there is none.
fn filled(text: Option<&String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(client_id: &str, client_secret: &str) -> GithubSignIn {
        let text = |text: &str| Some(text.to_owned());
        GithubSignIn { client_id: text(client_id), client_secret: text(client_secret), ..GithubSignIn::default() }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let said = |settings: GithubSignIn| settings.check().unwrap_err().to_string();
        assert_eq!(said(of("Iv1.id", "")), "github.client_secret: the application needs its secret");
        assert_eq!(said(of(" ", "hush")), "github.client_id: the secret needs its application");
        let settings = GithubSignIn { api_url: "http://git.example.com/api/v3".to_owned(), ..of("Iv1.id", "hush") };
        assert!(said(settings).starts_with("github.api_url: "));
        assert!(of("", "").check().is_ok() && of("", "").open().unwrap().is_none());
        assert!(!format!("{:?}", of("Iv1.id", "hush")).contains("hush"));
    }
}
