//! A request's way to its RPC: door, limits, session, declared access, [`Ctx`], idempotency. Denied by
//! default: a path that declares no access does not exist.

pub mod answer;
pub mod authenticate;
mod authorize;
mod caller;
pub mod door;
pub mod idempotency;
pub(crate) mod outside;
pub mod payload;
mod repeats;
pub mod signed;
pub mod trespass;
mod trial;

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use futures::FutureExt as _;
use http::HeaderMap;
use prost_reflect::DescriptorPool;
use streamflow_proto::access::{Access, Level as Needs};
use tonic::{Code, Status};

pub use authenticate::Authenticator;
pub(crate) use authorize::authorize;
pub use authorize::module_disabled;
pub use caller::PeerAddr;
pub(crate) use caller::{address_key, info, network_key, peer};
pub use outside::Witness;

use self::{idempotency::Kept, repeats::Repeats};
use crate::{
    ctx::{Ctx, IdempotencyKey, Pass, Principal, RequestInfo},
    error::{Error, Result},
    federation::peer::Peer,
    kernel::Kernel,
    operator::elevation,
    places::Places,
};

/// Longest a request may take; a stream only until it begins.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Request messages, without the 5 bytes of gRPC framing.
pub const MAX_REQUEST: usize = 1024 * 1024;

/// How long after the end of a session the request that ended it may be repeated.
const REPEATABLE: chrono::TimeDelta = chrono::TimeDelta::minutes(10);
/// Requests of one address that are worked on at once; the others wait outside, where hanging up ends them.
pub(crate) const AT_ONCE: usize = 64;
/// Limit of those who have no session.
const ANONYMOUS: &str = "anonymous";

/// The access rules of one portal.
pub struct Gate {
    kernel: Arc<Kernel>,
    table: HashMap<&'static str, &'static Access>,
    messages: DescriptorPool,
    /// Requests at work, by address.
    places: Places<String>,
    callers: Callers,
    repeats: Repeats,
}

/// Who comes through a gate, and how each is known.
pub enum Callers {
    /// People, by their sessions.
    Sessions(Arc<dyn Authenticator>),
    /// Other systems, by the signature that the federation's guard has checked before.
    Peers,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("kernel", &self.kernel).finish_non_exhaustive()
    }
}

impl Gate {
    /// `descriptors` is the portal's encoded `FileDescriptorSet`.
    pub fn new(
        kernel: Arc<Kernel>,
        table: impl IntoIterator<Item = &'static Access>,
        descriptors: &[u8],
        callers: Callers,
    ) -> Result<Self> {
        let messages = DescriptorPool::decode(descriptors).map_err(Error::internal)?;
        let table = table.into_iter().map(|access| (access.path, access)).collect();
        Ok(Self { kernel, table, messages, places: Places::new(AT_ONCE), callers, repeats: Repeats::default() })
    }
}

/// The middleware around all services of a portal.
pub async fn guard(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let Some(access) = gate.table.get(request.uri().path()).copied() else {
        return answer::status(&Status::unimplemented("There is no such RPC."));
    };
    let place = match gate.places.take(address_key(peer(&request))).await {
        Ok(place) => place,
        Err(error) => return answer::status(&error.into()),
    };
    let (correlation_id, now) = (gate.kernel.ids.uuid(), gate.kernel.clock.now());
    let info = info(access, &request, gate.kernel.portal.space, correlation_id, now);
    let begun = Begun { info, at: tokio::time::Instant::now() };
    // In a task of its own: a caller who hangs up cancels the wait, never the work.
    let work = tokio::spawn({
        let (gate, begun) = (Arc::clone(&gate), begun.clone());
        async move {
            let _place = place;
            gate.pass(begun, request, next).await
        }
    });
    let finished = if access.streaming { Ok(work.await) } else { tokio::time::timeout(REQUEST_TIMEOUT, work).await };
    match finished {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => gate.panicked(&begun, &panic).await,
        Err(_) => gate.left_behind(&begun),
    }
}

/// A request as it came in, and when.
#[derive(Clone)]
struct Begun {
    info: RequestInfo,
    at: tokio::time::Instant,
}

impl Gate {
    async fn pass(&self, begun: Begun, request: Request, next: Next) -> Response {
        let Begun { mut info, at } = begun;
        let (ctx, response) = match self.admit(&mut info, request).await {
            Ok(Admitted::Repeated { ctx, kept }) => {
                let response = kept.answer(&ctx);
                (ctx, response)
            }
            Ok(Admitted::Fresh { ctx, request }) => {
                // Caught here, where it is known whose request broke.
                let response = AssertUnwindSafe(self.run(&ctx, *request, next)).catch_unwind().await;
                (ctx, response.unwrap_or_else(|_| answer::status(&Error::internal("a panic").into())))
            }
            Err(Refused { principal, error, .. }) => {
                self.note_throttle(&info, &error);
                let ctx = Ctx::new(Arc::clone(&self.kernel), principal, info);
                (ctx, answer::status(&error.into()))
            }
        };
        self.finish(&ctx, response, at).await
    }

    /// Records the request and sends its answer on its way.
    async fn finish(&self, ctx: &Ctx, mut response: Response, begun_at: tokio::time::Instant) -> Response {
        let outcome = answer::code(&response);
        // An answer that says what is away already says it better, and may say that something was saved all the same.
        if let Err(error) = self.record(ctx, outcome).await
            && outcome != Code::Unavailable
        {
            response = answer::status(&error.into());
        }
        answer::finish(&mut response, ctx.request());
        let user_id = ctx.principal().ok().map(|principal| principal.user_id);
        let took = begun_at.elapsed();
        answer::observe(self.kernel.portal.space, ctx.request(), user_id, outcome, took);
        // Systems that speak with each other are no measure of how people are served.
        if matches!(self.callers, Callers::Sessions(_)) && !caller::found_nobody(ctx.request(), outcome) {
            self.kernel.meter.note(ctx.request().access, outcome, ctx.has_guessed(), took);
        }
        answer::with_bounded_details(response)
    }

    /// The answer when the access layer itself broke, before or after the RPC.
    async fn panicked(&self, begun: &Begun, panic: &tokio::task::JoinError) -> Response {
        tracing::error!(%panic, request_id = %begun.info.correlation_id.simple(), "a request panicked");
        let ctx = Ctx::new(Arc::clone(&self.kernel), None, begun.info.clone());
        self.finish(&ctx, answer::status(&Error::internal("a panic").into()), begun.at).await
    }

    /// The answer to a caller who has waited long enough. The work goes on, and is recorded and counted at its own end.
    fn left_behind(&self, begun: &Begun) -> Response {
        let (space, path) = (self.kernel.portal.space, begun.info.access.path);
        tracing::warn!(space, request_id = %begun.info.correlation_id.simple(), action = path, "a request takes too long");
        metrics::counter!("request_timeouts_total", "space" => space, "path" => path).increment(1);
        let mut response = answer::status(&Status::deadline_exceeded(
            "The request takes too long. What you sent may still be saved; look before you repeat it.",
        ));
        answer::finish(&mut response, &begun.info);
        response
    }

    /// Everything before the RPC itself.
    async fn admit(&self, info: &mut RequestInfo, request: Request) -> Result<Admitted, Refused> {
        let by_address = info.access.level == Needs::Anonymous || info.access.limit == "sign_in";
        if by_address {
            self.take(info, &address_key(info.ip)).await?;
        }
        let (parts, body) = request.into_parts();
        // Whoever holds the body back must not hold on to rights that were lost meanwhile: the session is looked at afterwards.
        let bytes = payload::collect(body).await;
        info.at = self.kernel.clock.now();
        let mut pass = None;
        let found = match &self.callers {
            Callers::Sessions(authenticator) => {
                let token = authenticate::token(&parts.headers, self.kernel.portal.space);
                let token_hash = token.map(|token| crate::session::hash_token(&token));
                pass = token_hash.clone().map(|token_hash| Pass { authenticator: Arc::clone(authenticator), token_hash });
                self.principal(authenticator.as_ref(), token_hash, info).await
            }
            Callers::Peers => Ok(parts.extensions.get::<Peer>().map(|peer| peer.principal(info.at))),
        };
        // Who can't be known because the database is away did not come without a session, and the count is away too.
        let is_away = matches!(found, Err(Refused { error: Error::Unavailable(_), .. }));
        if !by_address && !is_away && !matches!(found, Ok(Some(_))) {
            // Work that nobody signed in for is counted against the only thing known of its caller.
            let taken = self.kernel.limiter.take(ANONYMOUS, &address_key(info.ip), info.at).await?;
            info.remaining = Some(taken.remaining);
            taken.into_result()?;
        }
        let principal = match found {
            Err(refused) => return self.repeated(info, refused, &parts.headers, &bytes?).await,
            Ok(principal) => principal,
        };
        let refuse = |error: Error| Refused { principal: principal.clone(), ..error.into() };
        authorize(&self.kernel.portal, info.access, principal.as_ref(), info.at).map_err(refuse)?;
        if let Some(principal) = principal.as_ref().filter(|_| !by_address) {
            self.take(info, &principal.user_id.to_string()).await.map_err(refuse)?;
        }
        elevation::check(&self.kernel.database, info.access, principal.as_ref(), info.at).await.map_err(refuse)?;
        caller::check_company(&parts.headers, info.access, principal.as_ref()).map_err(refuse)?;
        let bytes = bytes.map_err(refuse)?;
        info.letter = signed::letter(&parts, &bytes);
        self.read_message(info, &parts.headers, &bytes).map_err(refuse)?;
        let pass = pass.filter(|_| principal.is_some());
        let ctx = Ctx::admitted(Arc::clone(&self.kernel), principal, info.clone(), pass);
        let mut request = Request::from_parts(parts, Body::from(bytes));
        request.extensions_mut().insert(ctx.clone());
        Ok(Admitted::Fresh { ctx, request: Box::new(request) })
    }

    /// What the audit keeps of a message, and what it is repeated by.
    fn read_message(&self, info: &mut RequestInfo, headers: &HeaderMap, bytes: &Bytes) -> Result<()> {
        let key = idempotency::key(headers)?;
        let message = payload::message(bytes)?;
        info.message = payload::Framed(bytes.clone());
        info.payload = payload::kept_fields(&self.messages, info.access, message);
        if info.access.mutation {
            info.idempotency = key.map(|key| IdempotencyKey { key, body_hash: idempotency::hash(message) });
        }
        Ok(())
    }

    /// Some requests end their own session. A repetition of one whose answer got lost has that answer, and nothing else.
    async fn repeated(
        &self,
        info: &mut RequestInfo,
        refused: Refused,
        headers: &HeaderMap,
        bytes: &Bytes,
    ) -> Result<Admitted, Refused> {
        let Some(ended) = refused.ended.clone().filter(|_| info.access.mutation) else { return Err(refused) };
        let Some(ended_at) = ended.revoked_at.filter(|at| info.at - *at < REPEATABLE) else { return Err(refused) };
        self.read_message(info, headers, bytes)?;
        let ctx = Ctx::new(Arc::clone(&self.kernel), Some(*ended), info.clone());
        match idempotency::answer_that_ended(&ctx, ended_at).await? {
            Some(kept) => Ok(Admitted::Repeated { ctx, kept }),
            None => Err(refused),
        }
    }

    /// Takes a permit of the RPC's limit; the answer tells what is left of it either way.
    async fn take(&self, info: &mut RequestInfo, who: &str) -> Result<()> {
        let taken = self.kernel.limiter.take(info.access.limit, who, info.at).await?;
        info.remaining = Some(taken.remaining);
        taken.into_result()
    }

    async fn principal(
        &self,
        authenticator: &dyn Authenticator,
        token_hash: Option<Vec<u8>>,
        info: &RequestInfo,
    ) -> Result<Option<Principal>, Refused> {
        if info.access.level == Needs::Anonymous {
            return Ok(None);
        }
        let Some(token_hash) = token_hash else { return Ok(None) };
        let principal = authenticator.principal(token_hash).await?;
        if let Some(principal) = &principal {
            let Principal { last_seen_at, expires_at, revoked_at, .. } = *principal;
            crate::session::check_alive(self.kernel.portal.lifetime, info.at, last_seen_at, expires_at, revoked_at)
                .map_err(|error| Refused { ended: Some(Box::new(principal.clone())), ..error.into() })?;
            // An open page follows by itself, and reads what it hears of, whether or not anybody looks at it.
            if info.access.limit != "stream" && !info.unattended {
                crate::session::touch(&self.kernel.database, principal.session_id, principal.last_seen_at, info.at);
            }
        }
        Ok(principal)
    }

    /// Answers from the kept reply of an earlier twin, or runs the RPC.
    async fn run(&self, ctx: &Ctx, request: Request, next: Next) -> Response {
        match idempotency::kept_answer(ctx).await {
            Ok(Some(kept)) => return kept.answer(ctx),
            Ok(None) => {}
            Err(error) => return answer::status(&error.into()),
        }
        let response = answer::with_written(next.run(request).await);
        if answer::code(&response) == Code::Internal && !ctx.is_entered() {
            // All that fails between here and the RPC is reading its message, and that failure names types and fields of ours.
            return answer::status(&Error::invalid("request", "The request's message can't be read.").into());
        }
        // The twin may have finished between our look-up and our end; whatever we failed with came of its effect, and its reply is
        // ours.
        if ctx.request().idempotency.is_some()
            && answer::code(&response) != Code::Ok
            && let Ok(Some(kept)) = idempotency::kept_answer(ctx).await
        {
            return kept.answer(ctx);
        }
        response
    }

    async fn record(&self, ctx: &Ctx, outcome: Code) -> Result<()> {
        if (ctx.is_audited() && outcome == Code::Ok) || caller::found_nobody(ctx.request(), outcome) {
            return Ok(());
        }
        let mut record = ctx.audit_record(answer::code_name(outcome));
        if matches!(self.callers, Callers::Peers) {
            let (access, framed) = (ctx.request().access, &ctx.request().message.0);
            let fingerprint = || payload::fingerprint(&self.messages, access, payload::message(framed).unwrap_or_default());
            if self.repeats.covers(access, outcome, &mut record, fingerprint) {
                return Ok(());
            }
        }
        let signed_in = ctx.request().access.level != Needs::Anonymous;
        match outcome {
            Code::ResourceExhausted => {
                // A flood is one fact a minute, not a record each.
                let who = ctx.principal().map(|principal| principal.user_id.to_string());
                let class = if who.is_err() && signed_in { ANONYMOUS } else { ctx.request().access.limit };
                let who = who.unwrap_or_else(|_| address_key(ctx.request().ip));
                if !self.kernel.limiter.first_refusal(class, &who, ctx.now()) {
                    return Ok(());
                }
                "rate_limit".clone_into(&mut record.category);
                record.payload = payload::with(&record.payload, "limit", class.into());
            }
            // So is one of requests that a session is missing to; a wrong password is one each.
            Code::Unauthenticated
                if signed_in
                    && ctx.principal().is_err()
                    && !self.kernel.limiter.first_refusal("denied", &address_key(ctx.request().ip), ctx.now()) =>
            {
                return Ok(());
            }
            // Wherever it was tried: a wrong password of a signed-in person is a guess as well.
            Code::Unauthenticated | Code::InvalidArgument if ctx.has_guessed() => "sign_in".clone_into(&mut record.category),
            Code::PermissionDenied | Code::Unauthenticated if record.category == "read" => {
                "denied".clone_into(&mut record.category);
            }
            _ if trespass::is_one(self, ctx, outcome).await => trespass::CATEGORY.clone_into(&mut record.category),
            _ => {}
        }
        self.kernel.audit.write(record).await
    }

    fn note_throttle(&self, info: &RequestInfo, error: &Error) {
        if matches!(error, Error::Throttled { .. }) {
            metrics::counter!("rate_limited_total", "space" => self.kernel.portal.space, "class" => info.access.limit)
                .increment(1);
        }
    }
}

enum Admitted {
    Fresh { ctx: Ctx, request: Box<Request> },
    Repeated { ctx: Ctx, kept: Kept },
}

struct Refused {
    principal: Option<Principal>,
    error: Error,
    /// Whose session is over.
    ended: Option<Box<Principal>>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { principal: None, error, ended: None }
    }
}
