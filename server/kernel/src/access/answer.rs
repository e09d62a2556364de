//! Answers of the access layer: statuses, kept replies, and what every answer carries.

use std::time::Duration;

use axum::{body::Body, response::Response};
use bytes::{BufMut as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::StreamBody;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{ctx::RequestInfo, pieces::Written};

/// Carries the number a person can quote to support.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// An answer that is only a status.
pub fn status(status: &Status) -> Response {
    status.clone().into_http::<Body>()
}

/// A successful answer of one encoded message.
pub fn message(message: &[u8]) -> Response {
    let mut framed = BytesMut::with_capacity(message.len() + 5);
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    let mut response = Response::new(body(framed.freeze()));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    response.headers_mut().insert("idempotent-replay", HeaderValue::from_static("true"));
    response
}

/// The answer with what its RPC has written by itself, if it has.
pub fn with_written(mut response: Response) -> Response {
    match response.extensions_mut().remove::<Written>() {
        Some(Written(framed)) => response.map(|_| body(framed)),
        None => response,
    }
}

/// A framed message, and that all is well.
fn body(framed: Bytes) -> Body {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let frames = [Ok::<_, axum::Error>(http_body::Frame::data(framed)), Ok(http_body::Frame::trailers(trailers))];
    Body::new(StreamBody::new(futures::stream::iter(frames)))
}

/// The status an answer begins with. A stream that fails later has begun with OK.
pub fn code(response: &Response) -> Code {
    response.headers().get("grpc-status").map_or(Code::Ok, |value| Code::from_bytes(value.as_bytes()))
}

/// Canonical name as in the gRPC documentation.
pub const fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// What every answer carries: its number, and what is left of the limit it counted against (`RateLimit-*` of
/// draft-ietf-httpapi-ratelimit-headers-03; seconds until the window starts anew). A refusal says `retry-after` besides.
pub fn finish(response: &mut Response, info: &RequestInfo) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&info.correlation_id.simple().to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(remaining) = info.remaining {
        headers.insert("ratelimit-limit", remaining.limit.into());
        headers.insert("ratelimit-remaining", remaining.left.into());
        headers.insert("ratelimit-reset", remaining.reset.into());
    }
}

/// Longest details in a header, in base64: proxies bound the headers of an answer, some to 8 KiB in all.
const MAX_DETAILS: usize = 4 * 1024;
/// Longest in trailers: a gRPC client takes 16 KiB of them unless it is told otherwise.
const MAX_TRAILING_DETAILS: usize = 12 * 1024;
const DETAILS: &str = "grpc-status-details-bin";

/// Puts a status with long details behind an empty body, where gRPC-web has no limit; too long ones are left out, as a client would
/// see a broken answer instead of the status.
pub fn with_bounded_details(response: Response) -> Response {
    let length = response.headers().get(DETAILS).map_or(0, HeaderValue::len);
    if length <= MAX_DETAILS {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let mut trailers = HeaderMap::new();
    for name in ["grpc-status", "grpc-message", DETAILS] {
        if let Some(value) = parts.headers.remove(name) {
            trailers.insert(name, value);
        }
    }
    if length > MAX_TRAILING_DETAILS {
        trailers.remove(DETAILS);
    }
    let frames = [Ok::<_, axum::Error>(http_body::Frame::<Bytes>::trailers(trailers))];
    Response::from_parts(parts, Body::new(StreamBody::new(futures::stream::iter(frames))))
}

/// The log line and the figures of one request.
pub fn observe(space: &'static str, request: &RequestInfo, user_id: Option<Uuid>, outcome: Code, took: Duration) {
    let access = request.access;
    let user_id = user_id.map(|id| id.simple().to_string()).unwrap_or_default();
    let status = code_name(outcome);
    tracing::info!(
        space,
        request_id = %request.correlation_id.simple(),
        user_id,
        entity = access.permission.split('.').next().unwrap_or_default(),
        action = access.path,
        duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        status,
        "request"
    );
    metrics::counter!("requests_total", "space" => space, "path" => access.path, "status" => status).increment(1);
    metrics::histogram!("request_seconds", "space" => space, "path" => access.path).record(took.as_secs_f64());
}

/// A plain refusal before any RPC is known.
pub fn plain(code: http::StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = code;
    response.headers_mut().insert("content-type", HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
