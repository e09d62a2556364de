//! From a request's cookie or bearer token to a [`Principal`].

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue};

use crate::{ctx::Principal, error::Result, session::cookie_name};

/// How a portal knows its people.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Who the session with this token hash belongs to, as the database says now; `None` when there is no such session or the
    /// person may no longer be here.
    async fn principal(&self, token_hash: Vec<u8>) -> Result<Option<Principal>>;
}

/// The session token: from the portal's own cookie, or `authorization: Bearer` of native clients.
pub fn token(headers: &HeaderMap, space: &str) -> Option<String> {
    let mut bearers = headers.get_all("authorization").iter();
    if let Some(value) = bearers.next() {
        // Two credentials on one request are an attempt to be two people.
        if bearers.next().is_some() {
            return None;
        }
        return value.to_str().ok()?.strip_prefix("Bearer ").map(str::to_owned);
    }
    cookie(headers, &cookie_name(space))
}

/// Whether the request names a session at all, be it in a way that is none: two credentials, or another scheme.
pub fn claims_session(headers: &HeaderMap, space: &str) -> bool {
    let named = |header: &HeaderValue| String::from_utf8_lossy(header.as_bytes()).contains(&cookie_name(space));
    headers.contains_key("authorization") || headers.get_all("cookie").iter().any(named)
}

/// Cookie that marks a device a person signed in from before.
pub fn device_cookie_name(space: &str) -> String {
    format!("__Host-sf_{space}_device")
}

/// Value of one cookie; none when it occurs twice.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut found = None;
    for header in headers.get_all("cookie") {
        for pair in header.to_str().ok()?.split(';') {
            if let Some((key, value)) = pair.trim().split_once('=')
                && key == name
                && found.replace(value.to_owned()).is_some()
            {
                return None;
            }
        }
    }
    found.filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, http::HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn the_token_comes_from_the_portals_own_cookie_only() {
        let map = headers(&[("cookie", "a=1; __Host-sf_client=secret; b=2")]);
        assert_eq!(token(&map, "client").as_deref(), Some("secret"));
        assert_eq!(token(&map, "elsewhere"), None);
    }

    #[test]
    fn doubled_credentials_are_none() {
        assert_eq!(token(&headers(&[("authorization", "Bearer a"), ("authorization", "Bearer b")]), "client"), None);
        assert_eq!(token(&headers(&[("cookie", "__Host-sf_client=a; __Host-sf_client=b")]), "client"), None);
        assert_eq!(token(&headers(&[("authorization", "Basic a")]), "client"), None);
    }
}
