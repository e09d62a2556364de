//! What is known of a caller before anything is asked: an address, and what the request says of itself.

use std::net::IpAddr;

use axum::extract::Request;
use chrono::{DateTime, Utc};
use http::HeaderMap;
use streamflow_proto::{
    access::{Access, Level as Needs},
    reason::Reason,
};
use tonic::Code;
use uuid::Uuid;

use super::{authenticate, payload::Framed};
use crate::{
    ctx::{Principal, RequestInfo},
    error::{Error, Result},
};

/// Address of the peer, put on each request by the listener.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddr(pub IpAddr);

/// Header of calls that a page makes by itself while nobody is there; they don't renew the session.
const UNATTENDED: &str = "x-streamflow-unattended";

/// Header of a page that was opened for one company: its name in page addresses. The tabs of a browser share one session, which may have
/// moved to another company since.
const COMPANY: &str = "x-streamflow-tenant";

/// Refuses what a page of one company asks in a session of another: what was typed for the one must not land in the other.
pub(crate) fn check_company(headers: &HeaderMap, access: &Access, principal: Option<&Principal>) -> Result<()> {
    let Some(principal) = principal.filter(|_| access.level == Needs::SignedIn) else { return Ok(()) };
    let here = principal.org.tenant_id.as_bytes();
    if headers.get_all(COMPANY).iter().all(|company| company.as_bytes() == here) {
        return Ok(());
    }
    Err(Error::refused(
        Reason::OTHER_COMPANY,
        "You are signed in to another company now. Nothing was saved; open the page again.",
    ))
}

/// What a request says of itself before anything is asked.
pub(crate) fn info(
    access: &'static Access,
    request: &Request,
    space: &str,
    correlation_id: Uuid,
    at: DateTime<Utc>,
) -> RequestInfo {
    RequestInfo {
        access,
        correlation_id,
        ip: peer(request),
        user_agent: header(request, "user-agent").chars().take(200).collect(),
        device_token: authenticate::cookie(request.headers(), &authenticate::device_cookie_name(space)),
        at,
        unattended: request.headers().contains_key(UNATTENDED),
        claims_session: authenticate::claims_session(request.headers(), space),
        remaining: None,
        message: Framed::default(),
        payload: String::from("{}"),
        letter: None,
        idempotency: None,
    }
}

/// Every page asks who is signed in before it shows where to sign in: nobody is the answer then, and no refusal to tell of. Of all that a
/// half-open session may ask, that question is what only reads. A token that is worth nothing is told of.
pub(crate) fn found_nobody(info: &RequestInfo, outcome: Code) -> bool {
    let is_question = info.access.level == Needs::Pending && info.access.audit == "read";
    is_question && !info.claims_session && outcome == Code::Unauthenticated
}

/// IPv6 callers own a /64, so that is what is counted.
pub(crate) fn address_key(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => ip.to_ipv4_mapped().map_or_else(
            || {
                let [a, b, c, d, ..] = ip.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            },
            |ip| ip.to_string(),
        ),
    }
}

/// The network that an address is of, as one holder commonly has: a /24, or a /48 of IPv6.
pub(crate) fn network_key(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

pub(crate) fn peer(request: &Request) -> IpAddr {
    request.extensions().get::<PeerAddr>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0)
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
