//! What is refused before any RPC is known: at the door, and pages that belong elsewhere. The audit keeps one of them an address and
//! minute, so that a flood is one fact; every one is counted.

use std::net::IpAddr;

use axum::{extract::Request, response::Response};
use http::{HeaderValue, StatusCode};
use uuid::Uuid;

use super::{PeerAddr, address_key, answer};
use crate::{audit::AuditRecord, db::NO_ORG, kernel::Kernel};

/// Longest path that is kept of what strangers send.
const MAX_PATH: usize = 200;

/// What is known of such a request. Apart from the request itself, whose body no other thread may see.
pub(crate) struct Outsider {
    ip: Option<IpAddr>,
    path: String,
}

impl Outsider {
    pub fn of(request: &Request) -> Self {
        let ip = request.extensions().get::<PeerAddr>().map(|peer| peer.0);
        Self { ip, path: request.uri().path().chars().take(MAX_PATH).collect() }
    }
}

/// The answer to a request that goes no further. The first of its kind, address and minute carries the number of its record.
pub(crate) async fn refuse(kernel: &Kernel, kind: &str, who: Outsider, code: StatusCode, text: &'static str) -> Response {
    let mut response = answer::plain(code, text);
    if let Some(number) = record(kernel, kind, who, code).await
        && let Ok(number) = HeaderValue::from_str(&number.simple().to_string())
    {
        response.headers_mut().insert(answer::REQUEST_ID, number);
    }
    response
}

async fn record(kernel: &Kernel, kind: &str, who: Outsider, code: StatusCode) -> Option<Uuid> {
    let ip = who.ip?;
    let at = kernel.clock.now();
    if !kernel.limiter.first_refusal(kind, &address_key(ip), at) {
        return None;
    }
    let number = kernel.ids.uuid();
    let record = AuditRecord {
        org_id: NO_ORG,
        id: kernel.ids.uuid(),
        at,
        actor_id: None,
        actor_name: String::new(),
        actor_role: String::new(),
        real_actor_id: None,
        ip: ip.to_string(),
        path: who.path,
        category: "denied".to_owned(),
        outcome: "PERMISSION_DENIED".to_owned(),
        correlation_id: number.simple().to_string(),
        payload: serde_json::json!({ "refused_at": kind, "status": code.as_u16() }).to_string(),
        entity: String::new(),
        entity_id: None,
        changed_fields: String::new(),
    };
    match kernel.audit.write(record).await {
        Ok(()) => Some(number),
        Err(error) => {
            // It stays refused all the same.
            tracing::error!(?error, "a refusal could not be recorded");
            None
        }
    }
}
