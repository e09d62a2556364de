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

fn accepts_brotli(accept: &str) -> bool {
    accept.split(',').any(|coding| coding.trim().split(';').next() == Some("br"))
}

fn empty(code: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = code;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

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
