//! RPCs that are also there as JSON over plain HTTP, for programs that speak no gRPC: an address each, as the RPC declares it. This
//! only translates; the request goes the same way as every other, through the gate into the same service. Cookies and sessions are
//! left behind at the door, so what such an RPC needs to know of its caller is in its message, or in a signature over it.
//!
//! Errors are problem documents (RFC 9457) of one of the types listed in [`Problem`].

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request, response::Response};
use bytes::{BufMut as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use prost::Message as _;
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor, SerializeOptions};
use streamflow_proto::access::Access;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use tower::ServiceExt as _;

use crate::{
    access::{
        MAX_REQUEST, address_key,
        answer::REQUEST_ID,
        door::single,
        payload, peer,
        signed::{self, Sent},
    },
    error::{Error, Result},
    places::Places,
};

/// Longest body of a request.
const MAX_BODY: usize = 64 * 1024;
/// Longest it may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);
/// Bodies of one address that are on their way at once; the others wait.
const ARRIVALS: usize = 8;
/// A message that is none, for a body that can't be read: it goes to the gate all the same, which counts it and keeps a record.
const UNREADABLE: &[u8] = &[7];
/// What of a request goes on, besides its message.
const KEPT: [HeaderName; 5] = [
    header::USER_AGENT,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static(signed::ID),
    HeaderName::from_static(signed::TIMESTAMP),
    HeaderName::from_static(signed::SIGNATURE),
];

/// The RPCs of a portal that have an address.
#[derive(Clone, Debug)]
pub struct Transcoder {
    routes: HashMap<&'static str, Rpc>,
    /// Behind the door, which asks for gRPC; before the gate.
    rpcs: Router,
    arrivals: Arc<Places<String>>,
}

#[derive(Clone, Debug)]
struct Rpc {
    path: &'static str,
    input: MessageDescriptor,
    output: MessageDescriptor,
}

impl Transcoder {
    /// `descriptors` is the portal's encoded `FileDescriptorSet`.
    pub fn new(table: &'static [Access], descriptors: &[u8], rpcs: Router) -> Result<Self> {
        let pool = DescriptorPool::decode(descriptors).map_err(Error::internal)?;
        let mut routes = HashMap::new();
        for access in table.iter().filter(|access| !access.http.is_empty()) {
            let (service, method) = access.path.trim_start_matches('/').split_once('/').unwrap_or_default();
            let method = pool.get_service_by_name(service).and_then(|service| service.methods().find(|rpc| rpc.name() == method));
            let method = method.ok_or_else(|| Error::internal(format!("{} is not described", access.path)))?;
            routes.insert(access.http, Rpc { path: access.path, input: method.input(), output: method.output() });
        }
        Ok(Self { routes, rpcs, arrivals: Arc::new(Places::new(ARRIVALS)) })
    }

    pub fn serves(&self, path: &str) -> bool {
        self.routes.contains_key(path)
    }

    /// Answers a request to one of the addresses.
    pub async fn answer(&self, request: Request) -> Response {
        match self.translated(request).await {
            Ok(response) => response,
            Err(problem) => problem.into_response(),
        }
    }

    async fn translated(&self, request: Request) -> Result<Response, Problem> {
        let rpc = self.routes.get(request.uri().path()).ok_or_else(|| Problem::new(Kind::NotFound, "Nothing is here."))?;
        if request.method() != Method::POST {
            return Err(Problem::new(Kind::Method, "This address takes POST requests."));
        }
        if single(request.headers(), "content-type") != Some("application/json") {
            return Err(Problem::new(Kind::MediaType, "Send content-type: application/json."));
        }
        let place = self.arrivals.take(address_key(peer(&request))).await.map_err(|full| Problem::of(&full.into()))?;
        let (parts, body) = request.into_parts();
        let sent = arrived(body).await;
        drop(place);
        let read = sent.as_ref().map_err(Clone::clone).and_then(|body| read(rpc, body));
        let message = read.as_deref().unwrap_or(UNREADABLE);
        let mut call = Request::new(Body::from(framed(message)));
        *call.method_mut() = Method::POST;
        *call.uri_mut() = http::Uri::from_static(rpc.path);
        // What gRPC is at home in; nothing of it travels.
        *call.version_mut() = Version::HTTP_2;
        *call.extensions_mut() = parts.extensions;
        // A signature is over what was sent, not over what we make of it.
        call.extensions_mut().insert(Sent(sent.unwrap_or_default()));
        call.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        call.headers_mut().insert(header::TE, HeaderValue::from_static("trailers"));
        for name in KEPT {
            // One that comes twice is refused where it is read.
            for value in parts.headers.get_all(&name) {
                call.headers_mut().append(name.clone(), value.clone());
            }
        }
        let answer = self.rpcs.clone().oneshot(call).await.unwrap_or_else(|never| match never {});
        match (written(rpc, answer).await, read) {
            (Err(refused), Err(unread)) if refused.kind == Kind::Invalid => Err(Problem { headers: refused.headers, ..unread }),
            (answer, _) => answer,
        }
    }
}

async fn arrived(body: Body) -> Result<Bytes, Problem> {
    let collected = tokio::time::timeout(ARRIVAL, Limited::new(body, MAX_BODY).collect()).await;
    let collected = collected.map_err(|_| Problem::new(Kind::Invalid, "The request took too long to arrive."))?;
    match collected {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::new(Kind::TooLarge, "The body has at most 64 KiB.")),
        Err(_) => Err(Problem::new(Kind::Invalid, "The request was cut off.")),
    }
}

/// The message of a JSON object. A name that the message does not know is a mistake, not something to pass over.
fn read(rpc: &Rpc, body: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut text = serde_json::Deserializer::from_slice(body);
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    let read = DynamicMessage::deserialize_with_options(rpc.input.clone(), &mut text, &options);
    let read = read.and_then(|message| text.end().map(|()| message));
    let message = read.map_err(|error| {
        let mut problem = Problem::new(Kind::Invalid, "The body can't be read.");
        problem.violations.push((String::new(), error.to_string().chars().take(200).collect()));
        problem
    })?;
    Ok(message.encode_to_vec())
}

fn framed(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(message.len() + 5);
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}

/// The answer as JSON.
async fn written(rpc: &Rpc, answer: Response) -> Result<Response, Problem> {
    let broken = || Problem::new(Kind::Internal, "Something went wrong on our side.");
    let (parts, body) = answer.into_parts();
    let whole = Limited::new(body, MAX_REQUEST).collect().await.map_err(|_| broken())?;
    let mut headers = parts.headers;
    if let Some(trailers) = whole.trailers() {
        headers.extend(trailers.clone());
    }
    let status = Status::from_header_map(&headers).unwrap_or_else(|| Status::unknown(""));
    if status.code() != Code::Ok {
        let mut problem = Problem::of(&status);
        problem.headers = told(&headers);
        return Err(problem);
    }
    let bytes = whole.to_bytes();
    let message = payload::message(&bytes).map_err(|_| broken())?;
    let message = DynamicMessage::decode(rpc.output.clone(), message).map_err(|_| broken())?;
    let options = SerializeOptions::new().use_proto_field_name(true).skip_default_fields(false);
    let mut text = serde_json::Serializer::new(Vec::new());
    message.serialize_with_options(&mut text, &options).map_err(|_| broken())?;
    let mut response = Response::new(Body::from(text.into_inner()));
    *response.headers_mut() = told(&headers);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// What answers carry whatever they say.
fn told(headers: &HeaderMap) -> HeaderMap {
    let names = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after", "x-request-id"];
    let told = names.iter().filter_map(|name| Some((HeaderName::from_static(name), headers.get(*name)?.clone())));
    told.collect()
}

/// Every type of problem there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Invalid,
    Unauthenticated,
    Denied,
    NotFound,
    Method,
    Exists,
    Conflict,
    TooLarge,
    MediaType,
    TooMany,
    Internal,
    Unavailable,
}

impl Kind {
    /// The last part of its name, its status and its title.
    const fn facts(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::Invalid => ("invalid", StatusCode::BAD_REQUEST, "The input can't be accepted"),
            Self::Unauthenticated => ("unauthenticated", StatusCode::UNAUTHORIZED, "It is not known who asks"),
            Self::Denied => ("denied", StatusCode::FORBIDDEN, "This is not allowed"),
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND, "There is no such thing"),
            Self::Method => ("method", StatusCode::METHOD_NOT_ALLOWED, "Another method is needed"),
            Self::Exists => ("exists", StatusCode::CONFLICT, "It is there already, and differs"),
            Self::Conflict => ("conflict", StatusCode::CONFLICT, "The state of things forbids it now"),
            Self::TooLarge => ("too-large", StatusCode::PAYLOAD_TOO_LARGE, "The request is too large"),
            Self::MediaType => ("media-type", StatusCode::UNSUPPORTED_MEDIA_TYPE, "Another content type is needed"),
            Self::TooMany => ("too-many-requests", StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
            Self::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong"),
            Self::Unavailable => ("unavailable", StatusCode::SERVICE_UNAVAILABLE, "Not right now"),
        }
    }

    const fn of(code: Code) -> Self {
        match code {
            Code::InvalidArgument | Code::OutOfRange => Self::Invalid,
            Code::Unauthenticated => Self::Unauthenticated,
            Code::PermissionDenied => Self::Denied,
            Code::NotFound => Self::NotFound,
            Code::AlreadyExists => Self::Exists,
            Code::Aborted | Code::FailedPrecondition => Self::Conflict,
            Code::ResourceExhausted => Self::TooMany,
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled => Self::Unavailable,
            Code::Ok | Code::Unknown | Code::Unimplemented | Code::Internal | Code::DataLoss => Self::Internal,
        }
    }
}

/// A problem document: `type` (one of [`Kind`]'s), `title`, `status`, `detail`, and of our own `reason`, `request_id` and
/// `violations`.
#[derive(Clone, Debug)]
struct Problem {
    kind: Kind,
    detail: String,
    /// Stable reason, as in the status of an RPC.
    reason: String,
    /// Path of each field with a problem, and what is wrong with it; the path is empty for the body as a whole.
    violations: Vec<(String, String)>,
    headers: HeaderMap,
}

impl Problem {
    fn new(kind: Kind, detail: &str) -> Self {
        Self { kind, detail: detail.to_owned(), reason: String::new(), violations: Vec::new(), headers: HeaderMap::new() }
    }

    fn of(status: &Status) -> Self {
        let details = status.get_error_details();
        let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
        Self {
            reason: details.error_info().map(|info| info.reason.clone()).unwrap_or_default(),
            violations: violations.into_iter().map(|found| (found.field, found.description)).collect(),
            ..Self::new(Kind::of(status.code()), status.message())
        }
    }

    fn into_response(self) -> Response {
        let (name, status, title) = self.kind.facts();
        let mut document = serde_json::json!({
            "type": format!("urn:streamflow:problem:{name}"),
            "title": title,
            "status": status.as_u16(),
            "detail": self.detail,
        });
        if !self.reason.is_empty() {
            document["reason"] = self.reason.into();
        }
        if let Some(number) = self.headers.get(REQUEST_ID).and_then(|number| number.to_str().ok()) {
            document["request_id"] = number.into();
        }
        if !self.violations.is_empty() {
            let violations = self.violations.into_iter();
            document["violations"] =
                violations.map(|(field, message)| serde_json::json!({ "field": field, "message": message })).collect();
        }
        let mut response = Response::new(Body::from(document.to_string()));
        *response.status_mut() = status;
        *response.headers_mut() = self.headers;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}
