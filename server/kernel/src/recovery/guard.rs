//! The gate of Recovery Mode, and the context it gives to RPCs. It asks no database: sessions and limits are in memory, and every
//! sign-in and action is in a file before it is answered.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use parking_lot::Mutex;
use prost_reflect::DescriptorPool;
use streamflow_proto::{
    access::{Access, Level as Needs},
    reason::Reason,
};
use tonic::{Code, Status, metadata::MetadataMap, service::Routes};

use super::{Mode, Recovery, memory::Held};
use crate::{
    access::{self, AT_ONCE, address_key, answer, authenticate, payload},
    ctx::{RequestInfo, Subject, record_of},
    db::NO_ORG,
    error::{Error, Result},
    places::Places,
    server::translated,
    session::{self, Token, hash_token},
};

/// One request of Recovery Mode. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RecoveryCtx(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    recovery: Arc<Recovery>,
    request: RequestInfo,
    held: Option<Held>,
    round: u64,
    subject: Mutex<Option<Subject>>,
}

impl RecoveryCtx {
    /// Takes the context off a request.
    pub fn enter<T>(mut request: tonic::Request<T>) -> Result<(Self, T)> {
        let ctx = request.extensions_mut().remove::<Self>().ok_or_else(|| Error::internal("a request without context"))?;
        Ok((ctx, request.into_inner()))
    }

    pub fn recovery(&self) -> &Arc<Recovery> {
        &self.0.recovery
    }

    pub fn request(&self) -> &RequestInfo {
        &self.0.request
    }

    /// When the request came.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.request.at
    }

    /// The session of the emergency account.
    pub fn held(&self) -> Result<&Held> {
        self.0.held.as_ref().ok_or_else(not_signed_in)
    }

    /// Leaves the session's token in the browser for as long as it is good.
    pub fn set_cookie(&self, metadata: &mut MetadataMap, token: &Token) -> Result<()> {
        let name = session::cookie_name(self.0.recovery.space);
        session::write_cookie(metadata, &name, token.reveal(), super::memory::LIFETIME.num_seconds())
    }

    /// Takes it away.
    pub fn clear_cookie(&self, metadata: &mut MetadataMap) -> Result<()> {
        session::write_cookie(metadata, &session::cookie_name(self.0.recovery.space), "", 0)
    }

    pub(super) fn round(&self) -> u64 {
        self.0.round
    }

    pub(super) fn about(&self, subject: Subject) {
        *self.0.subject.lock() = Some(subject);
    }

    fn subject(&self) -> Subject {
        let held = self.0.held.as_ref().map(|held| Subject {
            org_id: NO_ORG,
            user_id: Some(held.user_id),
            name: held.name.clone(),
            role: self.0.recovery.role.to_owned(),
            real_actor_id: None,
        });
        held.or_else(|| self.0.subject.lock().clone()).unwrap_or_default()
    }
}

struct Gate {
    recovery: Arc<Recovery>,
    table: HashMap<&'static str, &'static Access>,
    messages: DescriptorPool,
    /// Requests at work, by address.
    places: Places<String>,
}

/// `services` behind the gate. Of the portal's RPCs only those answer that declare `recovery`.
pub fn rpcs(recovery: &Arc<Recovery>, table: &'static [Access], descriptors: &[u8], services: Routes) -> Result<Router> {
    let messages = DescriptorPool::decode(descriptors).map_err(Error::internal)?;
    let table = table.iter().map(|access| (access.path, access)).collect();
    let gate = Arc::new(Gate { recovery: Arc::clone(recovery), table, messages, places: Places::new(AT_ONCE) });
    Ok(translated(services.into_axum_router().layer(middleware::from_fn_with_state(gate, guard))))
}

async fn guard(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let Some(access) = gate.table.get(request.uri().path()).copied() else {
        return answer::status(&Status::unimplemented("There is no such RPC."));
    };
    let place = match gate.places.take(address_key(access::peer(&request))).await {
        Ok(place) => place,
        Err(error) => return answer::status(&error.into()),
    };
    let recovery = &gate.recovery;
    let info = access::info(access, &request, recovery.space, recovery.ids.uuid(), recovery.clock.now());
    let begun_at = tokio::time::Instant::now();
    // In a task of its own, as usual: a caller who hangs up cancels the wait, never the work or its record.
    let work = tokio::spawn({
        let gate = Arc::clone(&gate);
        async move {
            let _place = place;
            gate.pass(info, request, next, begun_at).await
        }
    });
    work.await.unwrap_or_else(|_| answer::status(&Error::internal("a panic").into()))
}

impl Gate {
    async fn pass(&self, mut info: RequestInfo, request: Request, next: Next, begun_at: tokio::time::Instant) -> Response {
        let (ctx, mut response) = match self.admit(&mut info, request).await {
            Ok((ctx, request)) => {
                let response = AssertUnwindSafe(next.run(request)).catch_unwind().await;
                (ctx, response.unwrap_or_else(|_| answer::status(&Error::internal("a panic").into())))
            }
            Err(error) => (self.ctx(info, None), answer::status(&error.into())),
        };
        let outcome = answer::code(&response);
        if let Err(error) = self.record(&ctx, outcome).await {
            response = answer::status(&error.into());
        }
        answer::finish(&mut response, ctx.request());
        let user_id = ctx.0.held.as_ref().map(|held| held.user_id);
        answer::observe(self.recovery.space, ctx.request(), user_id, outcome, begun_at.elapsed());
        answer::with_bounded_details(response)
    }

    fn ctx(&self, request: RequestInfo, held: Option<Held>) -> RecoveryCtx {
        let round = match self.recovery.mode() {
            Mode::Recovery { round, .. } => round,
            Mode::Normal => 0,
        };
        let recovery = Arc::clone(&self.recovery);
        RecoveryCtx(Arc::new(Inner { recovery, request, held, round, subject: Mutex::default() }))
    }

    async fn admit(&self, info: &mut RequestInfo, request: Request) -> Result<(RecoveryCtx, Request)> {
        let taken = self.recovery.memory.take(info.access.limit, &address_key(info.ip), info.at);
        info.remaining = Some(taken.remaining);
        taken.into_result()?;
        if !info.access.recovery {
            return Err(Error::refused(
                Reason::RECOVERY_MODE,
                "The portal is in Recovery Mode: its database is out of reach. Nothing saved is lost; this works again when it is back.",
            ));
        }
        let (parts, body) = request.into_parts();
        // The session is looked at afterwards: whoever holds the body back must not outlast it.
        let bytes = payload::collect(body).await?;
        info.at = self.recovery.clock.now();
        let held = match info.access.level {
            Needs::Anonymous => None,
            Needs::Pending | Needs::SignedIn => {
                let token = authenticate::token(&parts.headers, self.recovery.space).ok_or_else(not_signed_in)?;
                Some(self.recovery.memory.session(&hash_token(&token), info.at).ok_or_else(not_signed_in)?)
            }
        };
        info.payload = payload::kept_fields(&self.messages, info.access, payload::message(&bytes)?);
        let ctx = self.ctx(info.clone(), held);
        let mut request = Request::from_parts(parts, Body::from(bytes));
        request.extensions_mut().insert(ctx.clone());
        Ok((ctx, request))
    }

    /// Every sign-in and action, right or refused. Asking whether it is Recovery Mode is neither. An open page that looks again and
    /// again, and what strangers can cause without end, is one record a minute and address.
    async fn record(&self, ctx: &RecoveryCtx, outcome: Code) -> Result<()> {
        let request = ctx.request();
        let is_anonymous = request.access.level == Needs::Anonymous;
        let is_look = request.access.audit == "read";
        if is_look && is_anonymous && outcome == Code::Ok {
            return Ok(());
        }
        let is_flood = is_look
            || matches!(outcome, Code::ResourceExhausted | Code::Unavailable)
            || (outcome == Code::Unauthenticated && !is_anonymous);
        let kind = if outcome == Code::Ok { "look" } else { "refusal" };
        if is_flood && !self.recovery.memory.take(kind, &address_key(request.ip), request.at).is_first() {
            return Ok(());
        }
        let record = record_of(request, ctx.subject(), self.recovery.ids.uuid(), answer::code_name(outcome));
        self.recovery.journal.append(record).await
    }
}

fn not_signed_in() -> Error {
    Error::refused(Reason::NOT_SIGNED_IN, "Sign in with the emergency account first.")
}
