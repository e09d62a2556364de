//! What a federation listener asks of a request before the access layer sees it: one signature of a known system over exactly this
//! call, made just now, and never seen before.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use http::{HeaderMap, Method, StatusCode};
use streamflow_proto::reason::Reason;

use super::{keys::Key, known, peer::Peer, sign, single};
use crate::{
    access::{PeerAddr, address_key, answer, payload},
    audit::AuditRecord,
    db::NO_ORG,
    error::{Error, Result},
    kernel::Kernel,
};

pub const AUDIENCE: &str = "x-streamflow-audience";
pub const CALLER: &str = "x-streamflow-caller";
pub const KEY: &str = "x-streamflow-key";
pub const TIMESTAMP: &str = "x-streamflow-timestamp";
pub const NONCE: &str = "x-streamflow-nonce";
pub const SIGNATURE: &str = "x-streamflow-signature";
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// How far two clocks may be apart, in seconds, either way.
pub const TOLERANCE: i64 = 120;
/// 128 bits at least, and no novel.
const NONCE_BYTES: std::ops::RangeInclusive<usize> = 16..=64;
/// Longest path an audit record keeps.
const MAX_PATH: usize = 200;

/// Why a call was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Unsigned,
    Malformed,
    Version,
    Audience,
    UnknownCaller,
    UnknownKey,
    Signature,
    /// Told only to who has a key.
    Skew {
        ours: DateTime<Utc>,
        theirs: i64,
    },
    Replay,
}

impl Refusal {
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Unsigned => Reason::UNSIGNED,
            Self::Malformed => Reason::MALFORMED,
            Self::Version => Reason::VERSION,
            Self::Audience => Reason::AUDIENCE,
            Self::UnknownCaller => Reason::UNKNOWN_CALLER,
            Self::UnknownKey => Reason::UNKNOWN_KEY,
            Self::Signature => Reason::SIGNATURE,
            Self::Skew { .. } => Reason::SKEW,
            Self::Replay => Reason::REPLAY,
        }
    }

    /// For whoever has to do something about it.
    pub fn text(self) -> String {
        match self {
            Self::Unsigned => "Calls between systems are signed, and this one is not.".to_owned(),
            Self::Malformed => "The call's signature headers are doubled or have a wrong form.".to_owned(),
            Self::Version => "The signature has a form this system does not know.".to_owned(),
            Self::Audience => "The call is meant for another system.".to_owned(),
            Self::UnknownCaller => "This system has no key for calls of that one.".to_owned(),
            Self::UnknownKey => "The key of the signature is not, or no longer, in use.".to_owned(),
            Self::Signature => "The signature does not fit the call.".to_owned(),
            Self::Skew { ours, theirs } => skew_text(ours, theirs),
            Self::Replay => "The call was received before.".to_owned(),
        }
    }

    pub fn into_error(self) -> Error {
        Error::refused(self.reason(), self.text())
    }
}

fn skew_text(ours: DateTime<Utc>, theirs: i64) -> String {
    let write = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let signed = DateTime::from_timestamp(theirs, 0).map_or_else(|| theirs.to_string(), write);
    let apart = theirs.abs_diff(ours.timestamp());
    format!(
        "The clocks of the two systems differ: the call was signed at {signed} and arrived at {} by this system's clock, {apart} \
         seconds apart; at most {TOLERANCE} are accepted. Set the clock that is wrong.",
        write(ours)
    )
}

/// The middleware around all federation services of a system.
pub async fn guard(State(kernel): State<Arc<Kernel>>, request: Request, next: Next) -> Response {
    if let Some((code, text)) = refused_form(request.method(), request.headers()) {
        metrics::counter!("federation_refused_total", "space" => kernel.portal.space, "reason" => "FORM").increment(1);
        return answer::plain(code, text);
    }
    // In a task of its own: a caller who hangs up must not break off a statement.
    let checked = tokio::spawn(async move { check(&kernel, request).await });
    match checked.await {
        Ok(Ok(request)) => next.run(request).await,
        Ok(Err(error)) => answer::status(&error.into()),
        Err(panic) => answer::status(&Error::internal(panic).into()),
    }
}

/// Browsers have no business here, and what is not plain gRPC has none either.
fn refused_form(method: &Method, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
    if method != Method::POST {
        return Some((StatusCode::METHOD_NOT_ALLOWED, "RPCs are POST requests."));
    }
    if !matches!(single(headers, "content-type"), Some("application/grpc" | "application/grpc+proto")) {
        return Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, "Systems speak gRPC here."));
    }
    let of_browsers = ["cookie", "origin", "sec-fetch-site", "authorization"];
    of_browsers.iter().any(|name| headers.contains_key(*name)).then_some((StatusCode::FORBIDDEN, "Only systems are served here."))
}

async fn check(kernel: &Arc<Kernel>, request: Request) -> Result<Request> {
    let now = kernel.clock.now();
    let (mut parts, body) = request.into_parts();
    let checked = match claimed(kernel, &parts.headers) {
        Ok(_) => {
            let body = arrived(kernel, &parts, body).await?;
            verify(kernel, &parts, &body, now).await?.map(|peer| (peer, body))
        }
        // Of whoever names no key of ours nothing more is read.
        Err(refusal) => Err(refusal),
    };
    match checked {
        Ok((peer, body)) => {
            parts.extensions.insert(peer);
            Ok(Request::from_parts(parts, Body::from(body)))
        }
        Err(refusal) => {
            note(kernel, &parts, refusal, now).await;
            Err(refusal.into_error())
        }
    }
}

/// The body, when so many of one address are on their way at most. What comes from this process is here already.
async fn arrived(kernel: &Kernel, parts: &http::request::Parts, body: Body) -> Result<Bytes> {
    let _place = match parts.extensions.get::<PeerAddr>() {
        Some(peer) => Some(kernel.federation.arrivals.take(address_key(peer.0)).await?),
        None => None,
    };
    payload::collect(body).await
}

/// What the headers say, before any of it is believed.
struct Claimed<'a> {
    audience: &'a str,
    caller: &'a str,
    key_id: &'a str,
    at: i64,
    nonce: &'a str,
    idempotency_key: &'a str,
    signature: &'a str,
}

impl<'a> Claimed<'a> {
    fn read(headers: &'a HeaderMap) -> Result<Self, Refusal> {
        if !headers.contains_key(SIGNATURE) {
            return Err(Refusal::Unsigned);
        }
        let text = |name| single(headers, name).ok_or(Refusal::Malformed);
        let at = seconds(text(TIMESTAMP)?).ok_or(Refusal::Malformed)?;
        let nonce = text(NONCE)?;
        let nonce_length = URL_SAFE_NO_PAD.decode(nonce).map_err(|_| Refusal::Malformed)?.len();
        if !NONCE_BYTES.contains(&nonce_length) {
            return Err(Refusal::Malformed);
        }
        let idempotency_key = if headers.contains_key(IDEMPOTENCY_KEY) { text(IDEMPOTENCY_KEY)? } else { "" };
        let claimed = Self {
            audience: text(AUDIENCE)?,
            caller: text(CALLER)?,
            key_id: text(KEY)?,
            at,
            nonce,
            idempotency_key,
            signature: text(SIGNATURE)?,
        };
        if sign::is_of_known_version(claimed.signature) { Ok(claimed) } else { Err(Refusal::Version) }
    }
}

/// Unix seconds. One time has one text: no sign, no zeros in front.
pub(crate) fn seconds(text: &str) -> Option<i64> {
    text.parse().ok().filter(|seconds: &i64| seconds.to_string() == text)
}

/// Refuses what was signed too long before or after this system's time.
pub(crate) fn check_skew(at: i64, now: DateTime<Utc>) -> std::result::Result<(), Refusal> {
    let is_near = at.abs_diff(now.timestamp()) <= TOLERANCE.unsigned_abs();
    if is_near { Ok(()) } else { Err(Refusal::Skew { ours: now, theirs: at }) }
}

async fn verify(
    kernel: &Kernel,
    parts: &http::request::Parts,
    body: &Bytes,
    now: DateTime<Utc>,
) -> Result<std::result::Result<Peer, Refusal>> {
    let federation = &kernel.federation;
    let peer = match authentic(kernel, parts, body) {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (peer, claimed) = peer;
    if let Err(refusal) = check_skew(claimed.at, now) {
        return Ok(Err(refusal));
    }
    let offset = claimed.at.saturating_sub(now.timestamp());
    // Before anything runs: of two equal calls that arrive at once, one finds the other's row.
    if !federation.ledger().use_nonce(peer.name, &peer.key_id, claimed.nonce, now).await? {
        return Ok(Err(Refusal::Replay));
    }
    if let Err(error) = federation.ledger().seen(peer.name, &peer.key_id, offset, now).await {
        tracing::warn!(?error, peer = peer.name, "a call of another system could not be noted");
    }
    Ok(Ok(peer))
}

/// A call for us under a key of ours, as it claims to be, with the caller's name and the key.
fn claimed<'a>(kernel: &Kernel, headers: &'a HeaderMap) -> std::result::Result<(Claimed<'a>, &'static str, Arc<Key>), Refusal> {
    let claimed = Claimed::read(headers)?;
    let own = kernel.portal.space;
    if claimed.audience != own {
        return Err(Refusal::Audience);
    }
    let keys = kernel.federation.keys();
    let caller = known(claimed.caller).ok_or(Refusal::UnknownCaller)?;
    let live = keys.of(caller, own);
    if live.is_empty() {
        return Err(Refusal::UnknownCaller);
    }
    let key = live.iter().find(|key| key.id == claimed.key_id).ok_or(Refusal::UnknownKey)?;
    Ok((claimed, caller, Arc::clone(key)))
}

/// Whether a system we share a key with made this call, for us.
fn authentic<'a>(
    kernel: &Kernel,
    parts: &'a http::request::Parts,
    body: &[u8],
) -> std::result::Result<(Peer, Claimed<'a>), Refusal> {
    let (claimed, caller, key) = claimed(kernel, &parts.headers)?;
    let path = parts.uri.path_and_query().map(http::uri::PathAndQuery::as_str).unwrap_or_default();
    let call = sign::Call {
        method: parts.method.as_str(),
        path,
        audience: claimed.audience,
        caller,
        key_id: claimed.key_id,
        at: claimed.at,
        nonce: claimed.nonce,
        idempotency_key: claimed.idempotency_key,
        body,
    };
    if !call.is_signed(&key.secret, claimed.signature) {
        return Err(Refusal::Signature);
    }
    Ok((Peer { name: caller, key_id: claimed.key_id.to_owned() }, claimed))
}

/// Counts a refusal, and tells the audit once a minute of each reason and address.
async fn note(kernel: &Arc<Kernel>, parts: &http::request::Parts, refusal: Refusal, now: DateTime<Utc>) {
    let reason = refusal.reason().name;
    let caller = single(&parts.headers, CALLER).and_then(known);
    let address = parts.extensions.get::<PeerAddr>().map_or_else(String::new, |peer| peer.0.to_string());
    metrics::counter!("federation_refused_total", "space" => kernel.portal.space, "reason" => reason).increment(1);
    tracing::warn!(
        space = kernel.portal.space,
        caller = caller.unwrap_or_default(),
        address,
        reason,
        why = refusal.text(),
        "a call of another system was refused"
    );
    if let Some(caller) = caller
        && let Err(error) = kernel.federation.ledger().refused(caller, reason, now).await
    {
        tracing::warn!(?error, caller, "a refusal could not be noted");
    }
    let who = parts.extensions.get::<PeerAddr>().map_or_else(String::new, |peer| address_key(peer.0));
    if !kernel.limiter.first_refusal(reason, &format!("federation:{who}"), now) {
        return;
    }
    let record = AuditRecord {
        org_id: NO_ORG,
        id: kernel.ids.uuid(),
        at: now,
        actor_id: None,
        actor_name: String::new(),
        actor_role: String::new(),
        real_actor_id: None,
        ip: address,
        path: parts.uri.path().chars().take(MAX_PATH).collect(),
        category: "federation".to_owned(),
        outcome: "UNAUTHENTICATED".to_owned(),
        correlation_id: kernel.ids.uuid().simple().to_string(),
        payload: serde_json::json!({ "claimed_caller": caller.unwrap_or_default(), "reason": reason }).to_string(),
        entity: String::new(),
        entity_id: None,
        changed_fields: String::new(),
    };
    if let Err(error) = kernel.audit.write(record).await {
        tracing::warn!(?error, "a refusal could not be audited");
    }
}
