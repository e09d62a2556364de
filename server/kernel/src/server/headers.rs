//! Headers on every answer of a portal.

use std::future::{Ready, ready};

use axum::response::Response;
use http::{HeaderName, HeaderValue};

use crate::error::{Error, Result};

/// Nothing is loaded from elsewhere, nothing inline runs, nobody frames us. WebAssembly needs its own word.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; object-src 'none'";

/// What no page of ours uses.
const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=()";

const HEADERS: [(&str, &str); 7] = [
    ("content-security-policy", CONTENT_POLICY),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-frame-options", "DENY"),
];

pub async fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    // A portal whose pages may use more has said so.
    headers.entry("permissions-policy").or_insert(HeaderValue::from_static(PERMISSIONS));
    // Hashed assets set their own; everything else must not be kept anywhere.
    headers.entry("cache-control").or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Says what a portal's own pages may use of the browser besides.
pub fn permit(features: &str) -> Result<impl Fn(Response) -> Ready<Response> + Clone + Send + 'static> {
    let more = if features.is_empty() { String::new() } else { format!(", {features}") };
    let policy = HeaderValue::try_from(format!("{PERMISSIONS}{more}")).map_err(Error::internal)?;
    Ok(move |mut response: Response| {
        response.headers_mut().insert("permissions-policy", policy.clone());
        ready(response)
    })
}
