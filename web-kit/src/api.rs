//! Calls to the server: one place adds the portal's name and the idempotency key, maps refusals and notices the network.

pub mod act;
pub mod error;
mod transport;

use std::cell::Cell;

use futures::future::LocalBoxFuture;
use leptos::prelude::*;
use prost::Message;
use streamflow_reason::Reason;
use tonic::{Code, Request, Response, Status, metadata::MetadataValue};

pub use self::transport::Transport;
use self::{act::Act, error::ApiError};
use crate::browser;

/// Waits before a call is repeated after the network failed, in milliseconds.
const RETRY_AFTER_MS: [u32; 2] = [400, 1_200];

/// The server as one portal sees it. Copy it freely; get it with [`use_api`].
#[derive(Clone, Copy, Debug)]
pub struct Api {
    portal: &'static str,
    /// False from the first call that could not reach the server until one does.
    pub online: RwSignal<bool>,
    /// Seconds since 1970 of the last answer of any kind.
    pub last_answer: RwSignal<i64>,
    /// Grows each time the server says that nobody is signed in.
    pub signed_out: RwSignal<u32>,
    /// What the server said when the session had ended by itself.
    pub expired: RwSignal<Option<String>>,
    /// Grows each time the server says that something behind it is out of reach.
    pub away: RwSignal<u32>,
    /// Grows each time the server says that the person's company is closed to its people, or is not the page's any more.
    pub closed: RwSignal<u32>,
    /// Name in page addresses of the company that the pages are of; empty where there is none.
    pub company: StoredValue<String>,
}

thread_local! {
    // Handlers and async code run outside the component tree, where there is no context to ask.
    static API: Cell<Option<Api>> = const { Cell::new(None) };
}

/// The portal's [`Api`], as [`crate::provide`] made it.
pub fn use_api() -> Api {
    API.get().expect("web_kit::provide runs before any page")
}

impl Api {
    pub(crate) fn provide(portal: &'static str) -> Self {
        let api = Self {
            portal,
            online: RwSignal::new(true),
            last_answer: RwSignal::new(0),
            signed_out: RwSignal::new(0),
            expired: RwSignal::new(None),
            away: RwSignal::new(0),
            closed: RwSignal::new(0),
            company: StoredValue::new(String::new()),
        };
        API.set(Some(api));
        api
    }

    pub fn portal(&self) -> &'static str {
        self.portal
    }

    /// What a generated client is built on: `CustomerServiceClient::new(api.transport())`.
    pub fn transport(&self) -> Transport {
        Transport::new(*self)
    }

    /// Reads. Repeated by itself when the network fails.
    pub async fn read<Req, Res>(
        &self,
        request: Req,
        call: impl AsyncFn(Transport, Request<Req>) -> Result<Response<Res>, Status>,
    ) -> Result<Res, ApiError>
    where
        Req: Clone,
    {
        let attempt = || Box::pin(call(self.transport(), Request::new(request.clone()))) as Attempt<'_, Res>;
        self.watch_session(repeat(&attempt).await)
    }

    /// Changes something. The key of `act` travels along, so that a repeated call is carried out once.
    pub async fn write<Req, Res>(
        &self,
        act: &Act,
        request: Req,
        call: impl AsyncFn(Transport, Request<Req>) -> Result<Response<Res>, Status>,
    ) -> Result<Res, ApiError>
    where
        Req: Message + Clone,
    {
        self.watch_session(self.open_once(act, request, call).await)
    }

    /// What people change before they are signed in, or of their own sign-in: a refusal stays on the page that asked.
    pub async fn open_once<Req, Res>(
        &self,
        act: &Act,
        request: Req,
        call: impl AsyncFn(Transport, Request<Req>) -> Result<Response<Res>, Status>,
    ) -> Result<Res, ApiError>
    where
        Req: Message + Clone,
    {
        let key = act.key_for(&request.encode_to_vec(), browser::uuid);
        let attempt = || Box::pin(call(self.transport(), with_key(request.clone(), &key))) as Attempt<'_, Res>;
        let answer = repeat(&attempt).await;
        act.settle(answer.as_ref().err());
        answer
    }

    /// Signing in and other calls of people who are not signed in: a refusal stays on the page that asked.
    pub async fn open<Req, Res>(
        &self,
        request: Req,
        call: impl AsyncFn(Transport, Request<Req>) -> Result<Response<Res>, Status>,
    ) -> Result<Res, ApiError> {
        let attempt: Attempt<'_, Res> = Box::pin(call(self.transport(), Request::new(request)));
        self.watch_reach(settle(attempt.await))
    }

    fn watch_session<Res>(&self, answer: Result<Res, ApiError>) -> Result<Res, ApiError> {
        if let Err(error) = &answer {
            self.refused(error);
        }
        self.watch_reach(answer)
    }

    /// Tells all pages when a refusal means that nobody is signed in here, or not in this company, any more.
    pub(crate) fn refused(&self, error: &ApiError) {
        if error.is_signed_out() {
            if error.is(Reason::SESSION_EXPIRED) {
                self.expired.try_set(Some(error.message.clone()));
            }
            self.signed_out.try_update(|count| *count += 1);
        }
        if error.is_closed() {
            self.closed.try_update(|count| *count += 1);
        }
    }

    fn watch_reach<Res>(&self, answer: Result<Res, ApiError>) -> Result<Res, ApiError> {
        if answer.as_ref().is_err_and(|error| error.code == Code::Unavailable && !error.is_network()) {
            self.away.try_update(|count| *count += 1);
        }
        answer
    }

    fn answered(&self) {
        if !self.online.get_untracked() {
            self.online.set(true);
        }
        self.last_answer.set(browser::now());
    }

    fn unreachable(&self) {
        self.online.set(false);
    }
}

/// One try of a call. Boxed, because its state machine is large and every place that holds it would hold a copy.
type Attempt<'a, Res> = LocalBoxFuture<'a, Result<Response<Res>, Status>>;

async fn repeat<'a, Res>(attempt: &(dyn Fn() -> Attempt<'a, Res> + 'a)) -> Result<Res, ApiError> {
    let mut waits = RETRY_AFTER_MS.into_iter();
    loop {
        let answer = settle(attempt().await);
        match waits.next().filter(|_| answer.as_ref().is_err_and(ApiError::is_network)) {
            Some(wait) => browser::sleep_ms(wait).await,
            None => return answer,
        }
    }
}

fn settle<Res>(answer: Result<Response<Res>, Status>) -> Result<Res, ApiError> {
    match answer {
        Ok(response) => Ok(response.into_inner()),
        Err(status) => Err(ApiError::from_status(&status)),
    }
}

fn with_key<Req>(request: Req, key: &str) -> Request<Req> {
    let mut request = Request::new(request);
    if let Ok(value) = MetadataValue::try_from(key) {
        request.metadata_mut().insert("idempotency-key", value);
    }
    request
}
