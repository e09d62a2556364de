//! The web app of a portal: hashed assets that may be kept for ever, and one page for every other address.

use std::{
    borrow::Cow,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use axum::{Router, body::Body, extract::Request, response::Response, routing::any};
use http::{HeaderValue, Method, StatusCode};

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Where a portal's built files come from.
pub trait Assets: Send + Sync + 'static {
    /// Content of a file by its path without leading slash.
    fn file(&self, path: &str) -> Option<Cow<'static, [u8]>>;
}

/// Files below a folder, for development.
#[derive(Debug)]
pub struct Folder(pub PathBuf);

impl Assets for Folder {
    fn file(&self, path: &str) -> Option<Cow<'static, [u8]>> {
        let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if !plain {
            return None;
        }
        std::fs::read(self.0.join(path)).ok().map(Cow::Owned)
    }
}

/// A portal without a web app, for tests and gRPC-only servers.
#[derive(Debug)]
pub struct NoAssets;

impl Assets for NoAssets {
    fn file(&self, _: &str) -> Option<Cow<'static, [u8]>> {
        None
    }
}

pub fn router(assets: Arc<dyn Assets>) -> Router {
    Router::new().fallback(any(move |request: Request| {
        let assets = Arc::clone(&assets);
        async move { serve(assets.as_ref(), &request) }
    }))
}

fn serve(assets: &dyn Assets, request: &Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return empty(StatusCode::METHOD_NOT_ALLOWED);
    }
    let path = request.uri().path().trim_start_matches('/');
    let hashed = path.starts_with("assets/");
    // Every page is drawn by the app; an asset that is not there must not become one.
    let name = if hashed || matches!(path, "icon.svg" | "robots.txt" | "favicon.ico") { path } else { "index.html" };
    let brotli = request.headers().get("accept-encoding").and_then(|value| value.to_str().ok()).is_some_and(accepts_brotli);
    let packed = brotli.then(|| assets.file(&format!("{name}.br"))).flatten();
    let is_packed = packed.is_some();
    let Some(content) = packed.or_else(|| assets.file(name)) else { return empty(StatusCode::NOT_FOUND) };
    let mut response = Response::new(Body::from(content.into_owned()));
    let headers = response.headers_mut();
    let kind = mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream");
    let kind = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind.to_owned() };
    if let Ok(kind) = HeaderValue::from_str(&kind) {
        headers.insert("content-type", kind);
    }
    headers.insert("vary", HeaderValue::from_static("accept-encoding"));
    if is_packed {
        headers.insert("content-encoding", HeaderValue::from_static("br"));
    }
    if hashed {
        headers.insert("cache-control", FOR_EVER);
    }
    response
}

/// RFC 9110, section 12.5.3: a coding of weight 0 is one that the caller does not want.
fn accepts_brotli(accept: &str) -> bool {
    accept.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_brotli = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"));
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        is_brotli && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
    })
}

fn empty(code: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = code;
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::server::headers;

    /// An app of one page and one asset, which is there packed as well.
    struct App;

    impl Assets for App {
        fn file(&self, path: &str) -> Option<Cow<'static, [u8]>> {
            Some(Cow::Borrowed(match path {
                "index.html" => b"page",
                "assets/app-1a2b.js" => b"plain",
                "assets/app-1a2b.js.br" => b"packed",
                _ => return None,
            }))
        }
    }

    fn ask(method: &str, path: &str, accept: &str) -> Response {
        let request = http::Request::builder().method(method).uri(path).header("accept-encoding", accept);
        serve(&App, &request.body(Body::empty()).expect("a request"))
    }

    fn header<'a>(response: &'a Response, name: &str) -> &'a str {
        response.headers().get(name).map_or("", |value| value.to_str().expect("a text"))
    }

    #[tokio::test]
    async fn an_asset_comes_packed_to_those_who_take_it() {
        let cases = [
            ("gzip, br", true),
            ("BR;q=0.5", true),
            ("br ; q=1", true),
            ("br;q=0", false),
            ("br;q=0.000, gzip", false),
            ("br;q=x", false),
            ("brotli", false),
            ("gzip", false),
            ("", false),
        ];
        for (accept, is_packed) in cases {
            let response = headers::secure(ask("GET", "/assets/app-1a2b.js", accept)).await;
            assert_eq!(header(&response, "content-encoding"), if is_packed { "br" } else { "" }, "{accept}");
            assert_eq!(header(&response, "vary"), "accept-encoding");
            assert_eq!(header(&response, "content-type"), "text/javascript; charset=utf-8");
            assert_eq!(header(&response, "cache-control"), "public, max-age=31536000, immutable");
            let content = response.into_body().collect().await.expect("a body").to_bytes();
            assert_eq!(content, if is_packed { "packed" } else { "plain" });
        }
    }

    #[tokio::test]
    async fn every_other_address_is_the_page_and_nobody_keeps_it() {
        for path in ["/", "/customers/cus_1", "/index.html", "/ASSETS/app-1a2b.js"] {
            let response = headers::secure(ask("GET", path, "br")).await;
            assert_eq!((response.status(), header(&response, "cache-control")), (StatusCode::OK, "no-store"), "{path}");
            assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
            let content = response.into_body().collect().await.expect("a body").to_bytes();
            assert_eq!(content, "page");
        }
    }

    #[test]
    fn what_is_not_there_is_no_page() {
        for path in ["/assets/app-0000.js", "/assets/", "/favicon.ico", "/robots.txt"] {
            assert_eq!(ask("GET", path, "br").status(), StatusCode::NOT_FOUND, "{path}");
        }
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            assert_eq!(ask(method, "/", "br").status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        }
    }

    #[test]
    fn a_folder_serves_nothing_outside_itself() {
        let root = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(root.path().join("secret"), "x").expect("a file");
        std::fs::create_dir(root.path().join("web")).expect("a folder");
        let folder = Folder(root.path().join("web"));
        for path in ["../secret", "/etc/passwd", "a/../../secret", "./../secret"] {
            assert!(folder.file(path).is_none(), "{path}");
        }
    }
}
