//! Where files come in: a PUT to an address that an RPC gave out. The address alone is the right to send one file of one size; what
//! becomes of the file is decided by the RPC that is told when it is there, with the person's rights of then.

use std::{collections::HashSet, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt as _;
use tokio::time::timeout;
use uuid::Uuid;

use super::headers;
use crate::{
    access::{
        PeerAddr, address_key, answer,
        door::single,
        outside::{self, Outsider, Witness},
    },
    error::Error,
    kernel::Kernel,
    places::Places,
    upload::{Berth, Intake, Measure, Measured, ROOT, Ticket},
    vault::{Place, Writer},
};

/// Files of one address that come in at once; the others wait.
const AT_ONCE: usize = 6;
/// Longest pause of a sender.
const PAUSE: Duration = Duration::from_secs(30);

pub(super) struct Dock {
    kernel: Arc<Kernel>,
    intake: Arc<dyn Intake>,
    /// Exact origins of the portal's own pages.
    origins: HashSet<String>,
    places: Places<String>,
    /// One sender at a time for each file.
    files: Places<Uuid>,
}

/// Why a file is not taken in.
struct Refusal(StatusCode, &'static str);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Throttled { .. } => Self(StatusCode::TOO_MANY_REQUESTS, "Too many files at once. Try again in a few seconds."),
            error => {
                tracing::error!(?error, "a file could not be taken in");
                Self(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on our side. Send the file again.")
            }
        }
    }
}

impl Dock {
    pub fn new(kernel: &Arc<Kernel>, intake: Arc<dyn Intake>, origins: HashSet<String>) -> Self {
        Self { kernel: Arc::clone(kernel), intake, origins, places: Places::new(AT_ONCE), files: Places::new(1) }
    }

    /// The site with the dock before it.
    pub fn before(self, site: Router) -> Router {
        site.layer(middleware::from_fn_with_state(Arc::new(self), guard))
    }

    async fn answer(self: Arc<Self>, request: Request) -> Response {
        let outsider = Outsider::of(&request);
        let ticket = match self.admit(&request) {
            Ok(ticket) => ticket,
            Err(Refusal(code, text)) => {
                let witness = Witness::System(Arc::clone(&self.kernel));
                return outside::refuse(&witness, "upload", outsider, code, text).await;
            }
        };
        let address = request.extensions().get::<PeerAddr>().map(|peer| address_key(peer.0)).unwrap_or_default();
        let body = request.into_body();
        // In a task of its own, as RPCs are: a sender who hangs up ends the body, and nothing is broken off in the middle.
        let dock = Arc::clone(&self);
        let work = tokio::spawn(async move { dock.receive(ticket, address, body).await });
        match work.await {
            Ok(Ok(())) => answer::plain(StatusCode::NO_CONTENT, ""),
            Ok(Err(Refusal(code, text))) => {
                let (space, status) = (self.kernel.portal.space, code.as_u16().to_string());
                metrics::counter!("upload_refusals_total", "space" => space, "code" => status).increment(1);
                answer::plain(code, text)
            }
            Err(panic) => {
                tracing::error!(%panic, "taking in a file panicked");
                answer::plain(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on our side. Send the file again.")
            }
        }
    }

    fn admit(&self, request: &Request) -> Result<Ticket, Refusal> {
        if request.method() != Method::PUT {
            return Err(Refusal(StatusCode::METHOD_NOT_ALLOWED, "Files are sent with PUT."));
        }
        if !self.is_from_here(request.headers()) {
            return Err(Refusal(StatusCode::FORBIDDEN, "Files from pages of this origin are not accepted."));
        }
        let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
        let ticket = self.kernel.uploads.read(path, query);
        let ticket = ticket.ok_or(Refusal(StatusCode::FORBIDDEN, "This address was not given out by this server."))?;
        if ticket.expires_at <= self.kernel.clock.now() {
            return Err(Refusal(StatusCode::FORBIDDEN, "This address is not good any more. Begin the upload anew."));
        }
        let length = single(request.headers(), "content-length").and_then(|length| length.parse::<u64>().ok());
        match length {
            Some(length) if length > ticket.bytes => Err(TOO_LONG),
            Some(length) if length < ticket.bytes => Err(TOO_SHORT),
            _ => Ok(ticket),
        }
    }

    /// Browsers say which page sends; other programs may say nothing.
    fn is_from_here(&self, headers: &HeaderMap) -> bool {
        let is_ours = single(headers, "origin").map_or(!headers.contains_key("origin"), |origin| self.origins.contains(origin));
        let is_same =
            single(headers, "sec-fetch-site").map_or(!headers.contains_key("sec-fetch-site"), |site| site == "same-origin");
        is_ours && is_same
    }

    async fn receive(&self, ticket: Ticket, address: String, body: Body) -> Result<(), Refusal> {
        // In this order: who waits for a file takes no place from others of the address.
        let _file = self.files.take(ticket.id).await?;
        let _place = self.places.take(address).await?;
        let place = match self.intake.berth(&self.kernel, ticket).await? {
            Berth::Free(place) => place,
            Berth::Taken(sha256) => return self.repeated(ticket, sha256, body).await,
            Berth::Closed => return Err(NOT_AWAITED),
        };
        match self.store(ticket, &place, body).await {
            // Completed or given up meanwhile, it has taken its folder along.
            Err(Refusal(StatusCode::INTERNAL_SERVER_ERROR, _))
                if !matches!(self.intake.berth(&self.kernel, ticket).await?, Berth::Free(_)) =>
            {
                Err(NOT_AWAITED)
            }
            stored => stored,
        }
    }

    /// The answer to the first one may have got lost: the same bytes have it again, and are not kept again.
    async fn repeated(&self, ticket: Ticket, sha256: [u8; 32], body: Body) -> Result<(), Refusal> {
        let left = self.left(ticket);
        let measured = timeout(left, take_in(ticket, body, None)).await.map_err(|_| TOO_SLOW)??;
        if measured.sha256 == sha256 { Ok(()) } else { Err(NOT_AWAITED) }
    }

    /// What is there in time is noted, however long that takes.
    fn left(&self, ticket: Ticket) -> Duration {
        (ticket.expires_at - self.kernel.clock.now()).to_std().unwrap_or_default()
    }

    /// On disk before it is told to anybody.
    async fn store(&self, ticket: Ticket, place: &Place, body: Body) -> Result<(), Refusal> {
        let mut file = self.kernel.vault.create(place).await?;
        let measured = timeout(self.left(ticket), take_in(ticket, body, Some(&mut file))).await.map_err(|_| TOO_SLOW)??;
        file.finish().await?;
        let sha256 = measured.sha256;
        if self.intake.arrived(&self.kernel, ticket, place, measured).await? {
            return Ok(());
        }
        self.kernel.vault.remove(&place.path).await?;
        // Another process may have taken the same in meanwhile.
        let is_there = self.intake.berth(&self.kernel, ticket).await? == Berth::Taken(sha256);
        if is_there { Ok(()) } else { Err(NOT_AWAITED) }
    }
}

/// To the vault as it comes, if to anywhere: never whole in memory.
async fn take_in(ticket: Ticket, mut body: Body, mut file: Option<&mut Writer>) -> Result<Measured, Refusal> {
    let mut measure = Measure::new();
    loop {
        let frame = timeout(PAUSE, body.frame()).await.map_err(|_| TOO_SLOW)?;
        let Some(frame) = frame.transpose().map_err(|_| TOO_SHORT)? else { break };
        let Ok(bytes) = frame.into_data() else { continue };
        if measure.bytes() + bytes.len() as u64 > ticket.bytes {
            return Err(TOO_LONG);
        }
        measure.add(&bytes);
        if let Some(file) = &mut file {
            file.write(&bytes).await?;
        }
    }
    if measure.bytes() < ticket.bytes {
        return Err(TOO_SHORT);
    }
    Ok(measure.end())
}

const TOO_LONG: Refusal = Refusal(StatusCode::PAYLOAD_TOO_LARGE, "The file is longer than was said. Begin the upload anew.");
const TOO_SHORT: Refusal =
    Refusal(StatusCode::BAD_REQUEST, "The file is shorter than was said, or was cut off. Begin the upload anew.");
const TOO_SLOW: Refusal = Refusal(StatusCode::REQUEST_TIMEOUT, "The file took too long to arrive. Begin the upload anew.");
const NOT_AWAITED: Refusal = Refusal(StatusCode::CONFLICT, "This file is not awaited any more, or another one is there already.");

async fn guard(State(dock): State<Arc<Dock>>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with(ROOT) {
        return next.run(request).await;
    }
    headers::secure(dock.answer(request).await).await
}
