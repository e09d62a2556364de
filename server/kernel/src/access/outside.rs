//! What is refused before any RPC is known: at the door, and pages that belong elsewhere. The audit keeps one of them an address and
//! minute, so that a flood is one fact; every one is counted.

use std::{net::IpAddr, sync::Arc};

use axum::{extract::Request, response::Response};
use http::{HeaderValue, StatusCode};

use super::{PeerAddr, address_key, answer};
use crate::{audit::AuditRecord, clock::Clock, db::NO_ORG, error::Result, ids::Ids, kernel::Kernel, recovery::Recovery};

/// Longest path that is kept of what strangers send.
const MAX_PATH: usize = 200;

/// Who writes such requests down.
#[derive(Clone, Debug)]
pub enum Witness {
    System(Arc<Kernel>),
    /// The system once it is there, and meanwhile its Recovery Mode.
    Recovery(Arc<Recovery>),
}

impl Witness {
    pub fn space(&self) -> &'static str {
        match self {
            Self::System(kernel) => kernel.portal.space,
            Self::Recovery(recovery) => recovery.space,
        }
    }

    fn clock(&self) -> &dyn Clock {
        match self {
            Self::System(kernel) => kernel.clock.as_ref(),
            Self::Recovery(recovery) => recovery.clock.as_ref(),
        }
    }

    fn ids(&self) -> &dyn Ids {
        match self {
            Self::System(kernel) => kernel.ids.as_ref(),
            Self::Recovery(recovery) => recovery.ids.as_ref(),
        }
    }

    /// Where the record goes, if it is the first of its kind, address and minute.
    fn book(&self, kind: &str, who: &str) -> Option<Book<'_>> {
        let at = self.clock().now();
        let kernel = match self {
            Self::System(kernel) => Some(kernel),
            Self::Recovery(recovery) => recovery.system().filter(|_| !recovery.is_on()),
        };
        match (kernel, self) {
            (Some(kernel), _) => kernel.limiter.first_refusal(kind, who, at).then_some(Book::Audit(kernel)),
            (None, Self::Recovery(recovery)) => recovery.memory.take(kind, who, at).is_first().then_some(Book::Journal(recovery)),
            (None, Self::System(_)) => None,
        }
    }
}

enum Book<'a> {
    Audit(&'a Kernel),
    Journal(&'a Recovery),
}

impl Book<'_> {
    async fn write(&self, record: AuditRecord) -> Result<()> {
        match self {
            Self::Audit(kernel) => kernel.audit.write(record).await,
            Self::Journal(recovery) => recovery.journal.append(record).await,
        }
    }
}

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

/// The answer to a request that goes no further. It carries a number, which the log has, and the audit where it keeps a record.
pub(crate) async fn refuse(witness: &Witness, kind: &str, who: Outsider, code: StatusCode, text: &'static str) -> Response {
    let number = witness.ids().uuid().simple().to_string();
    let space = witness.space();
    tracing::warn!(
        space,
        kind,
        path = who.path,
        code = code.as_u16(),
        request_id = number,
        reason = text,
        "refused before any RPC"
    );
    let mut response = answer::plain(code, text);
    if let Ok(number) = HeaderValue::from_str(&number) {
        response.headers_mut().insert(answer::REQUEST_ID, number);
    }
    record(witness, kind, who, code, number).await;
    response
}

async fn record(witness: &Witness, kind: &str, who: Outsider, code: StatusCode, number: String) {
    let Some(ip) = who.ip else { return };
    let Some(book) = witness.book(kind, &address_key(ip)) else { return };
    let record = AuditRecord {
        org_id: NO_ORG,
        id: witness.ids().uuid(),
        at: witness.clock().now(),
        actor_id: None,
        actor_name: String::new(),
        actor_role: String::new(),
        real_actor_id: None,
        ip: ip.to_string(),
        path: who.path,
        category: "outside".to_owned(),
        outcome: "PERMISSION_DENIED".to_owned(),
        correlation_id: number,
        payload: serde_json::json!({ "refused_at": kind, "status": code.as_u16() }).to_string(),
        entity: String::new(),
        entity_id: None,
        changed_fields: String::new(),
    };
    if let Err(error) = book.write(record).await {
        // It stays refused all the same.
        tracing::error!(?error, "a refusal could not be recorded");
    }
}
