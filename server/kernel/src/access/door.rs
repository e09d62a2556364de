//! The door, first in the stack: exact content type, exact origin, the portal's own header. tonic checks none of these, so without
//! it a page of another site could run an RPC with the person's cookie by a plain form post.

use std::{collections::HashSet, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, Method, StatusCode};

use super::outside::{self, Outsider, Witness};

/// Header that names the portal; a cross-site page can't set it without a preflight, which is never granted.
pub const PORTAL_HEADER: &str = "x-streamflow-portal";

const CONTENT_TYPES: [&str; 6] = [
    "application/grpc",
    "application/grpc+proto",
    "application/grpc-web",
    "application/grpc-web+proto",
    "application/grpc-web-text",
    "application/grpc-web-text+proto",
];

/// Who may knock at one portal.
#[derive(Debug)]
pub struct Door {
    pub space: &'static str,
    /// Exact origins, e.g. `http://localhost:7001`.
    pub origins: HashSet<String>,
}

/// Keeps the door of one portal, and writes down whom it refuses.
pub(crate) struct Porter {
    pub door: Door,
    pub witness: Witness,
}

pub(crate) async fn guard(State(porter): State<Arc<Porter>>, request: Request, next: Next) -> Response {
    let Some((code, text)) = porter.door.refuses(request.method(), request.headers()) else {
        return next.run(request).await;
    };
    let space = porter.door.space;
    metrics::counter!("door_refusals_total", "space" => space, "code" => code.as_u16().to_string()).increment(1);
    outside::refuse(&porter.witness, "door", Outsider::of(&request), code, text).await
}

impl Door {
    fn refuses(&self, method: &Method, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
        if method != Method::POST {
            return Some((StatusCode::METHOD_NOT_ALLOWED, "RPCs are POST requests."));
        }
        let content_type = single(headers, "content-type");
        if !content_type.is_some_and(|value| CONTENT_TYPES.contains(&value)) {
            return Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, "RPCs need a gRPC content type."));
        }
        if single(headers, PORTAL_HEADER) != Some(self.space) {
            return Some((StatusCode::FORBIDDEN, "This listener serves another portal."));
        }
        let from_browser = headers.contains_key("cookie") || headers.contains_key("sec-fetch-site");
        match single(headers, "origin") {
            Some(origin) if self.origins.contains(origin) => {}
            None if !headers.contains_key("origin") && !from_browser => {}
            _ => return Some((StatusCode::FORBIDDEN, "Requests from this origin are not accepted.")),
        }
        if headers.contains_key("sec-fetch-site") && single(headers, "sec-fetch-site") != Some("same-origin") {
            return Some((StatusCode::FORBIDDEN, "Requests from other sites are not accepted."));
        }
        None
    }
}

/// A header's value when it occurs exactly once.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door() -> Door {
        Door { space: "client", origins: HashSet::from(["http://localhost:7001".to_owned()]) }
    }

    fn verdict(pairs: &[(&'static str, &'static str)]) -> Option<u16> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, http::HeaderValue::from_static(value));
        }
        door().refuses(&Method::POST, &headers).map(|(code, _)| code.as_u16())
    }

    const PORTAL: (&str, &str) = (PORTAL_HEADER, "client");
    const GRPC_WEB: (&str, &str) = ("content-type", "application/grpc-web+proto");

    #[test]
    fn the_portals_own_page_passes() {
        let origin = ("origin", "http://localhost:7001");
        assert_eq!(verdict(&[PORTAL, GRPC_WEB, origin, ("cookie", "a=b"), ("sec-fetch-site", "same-origin")]), None);
    }

    #[test]
    fn a_native_caller_without_cookie_needs_no_origin() {
        assert_eq!(verdict(&[PORTAL, ("content-type", "application/grpc")]), None);
        assert_eq!(verdict(&[PORTAL, ("content-type", "application/grpc"), ("cookie", "a=b")]), Some(403));
    }

    #[test]
    fn plain_form_posts_are_refused_before_anything_runs() {
        for content_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/json",
            "application/grpc; charset=utf-8",
        ] {
            assert_eq!(verdict(&[PORTAL, ("content-type", content_type), ("origin", "http://localhost:7001")]), Some(415));
        }
        assert_eq!(verdict(&[PORTAL]), Some(415));
    }

    #[test]
    fn other_origins_are_refused_however_alike() {
        for origin in [
            "null",
            "https://localhost:7001",
            "http://localhost:7002",
            "http://localhost:70010",
            "http://localhost:7001.evil.example",
            "http://evil.example",
            "http://LOCALHOST:7001",
            "http://localhost:7001/",
            "",
        ] {
            let mut headers = HeaderMap::new();
            headers.append(PORTAL_HEADER, http::HeaderValue::from_static("client"));
            headers.append("content-type", http::HeaderValue::from_static("application/grpc-web"));
            headers.append("origin", http::HeaderValue::from_static(origin));
            assert_eq!(door().refuses(&Method::POST, &headers).map(|(code, _)| code.as_u16()), Some(403), "{origin}");
        }
    }

    #[test]
    fn another_portals_header_or_a_sibling_site_is_refused() {
        let origin = ("origin", "http://localhost:7001");
        assert_eq!(verdict(&[(PORTAL_HEADER, "elsewhere"), GRPC_WEB, origin]), Some(403));
        assert_eq!(verdict(&[GRPC_WEB, origin]), Some(403));
        assert_eq!(verdict(&[PORTAL, PORTAL, GRPC_WEB, origin]), Some(403));
        assert_eq!(verdict(&[PORTAL, GRPC_WEB, origin, ("sec-fetch-site", "same-site")]), Some(403));
        assert_eq!(verdict(&[PORTAL, GRPC_WEB, origin, origin]), Some(403));
    }
}
