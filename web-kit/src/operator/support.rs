//! Looking at companies as their support, for the portals whose people may: the right that is taken on for it, what is asked of
//! companies, and what came of it.

mod ask;
mod desk;
pub mod elevation;
mod page;
mod row;

use std::{future::Future, rc::Rc};

use prost_types::Timestamp;

pub use self::{desk::card, page::page};
use super::OperatorPortal;
use crate::api::{Api, act::Act, error::ApiError};

/// Rights that a session took on for some minutes.
#[derive(Clone, Debug, PartialEq)]
pub struct Elevation {
    pub id: String,
    pub scopes: Vec<String>,
    pub created_at: Option<Timestamp>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was given back.
    pub ended_at: Option<Timestamp>,
    /// Still gives its rights.
    pub live: bool,
    /// Belongs to the session that asks.
    pub current: bool,
}

/// What a person gives to take a right on.
#[derive(Clone, Debug)]
pub struct Proof {
    pub scope: &'static str,
    pub minutes: i32,
    pub password: String,
    pub code: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SupportState {
    /// Waits for an owner of the company.
    Requested,
    /// May be opened.
    Accepted,
    Open,
    Refused,
    /// Over, or never opened in time.
    Ended,
}

/// A request, and the session it became.
#[derive(Clone, Debug, PartialEq)]
pub struct SupportLine {
    pub id: String,
    pub tenant_name: String,
    pub person_name: String,
    pub justification: String,
    /// Longest time from the opening on.
    pub minutes: i32,
    pub state: SupportState,
    pub requested_at: Option<Timestamp>,
    /// When the state ends by itself.
    pub expires_at: Option<Timestamp>,
    pub opened_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// OWNER (of the company), PERSON, TIME, RIGHT_ENDED, SIGNED_OUT, SHUT_OUT or RECOVERED; empty while it goes on.
    pub ended_by: String,
    /// Asked for by the person who reads this.
    pub own: bool,
}

impl SupportLine {
    /// Something can still come of it.
    fn goes_on(&self) -> bool {
        matches!(self.state, SupportState::Requested | SupportState::Accepted | SupportState::Open)
    }
}

/// What is asked of a company.
#[derive(Clone, Debug)]
pub struct SupportAsk {
    /// Name of the company in page addresses.
    pub tenant_id: String,
    pub justification: String,
    pub minutes: i32,
}

/// A portal whose people may look at companies, as these parts see it.
pub trait SupportPortal: OperatorPortal {
    fn elevate(api: Api, act: Rc<Act>, proof: Proof) -> impl Future<Output = Result<Option<Elevation>, ApiError>>;
    /// The person's own, newest first.
    fn elevations(api: Api) -> impl Future<Output = Result<Vec<Elevation>, ApiError>>;
    fn give_back(api: Api, id: String) -> impl Future<Output = Result<(), ApiError>>;
    /// Of one company; of all where `tenant_id` is empty.
    fn support_sessions(api: Api, tenant_id: String) -> impl Future<Output = Result<Vec<SupportLine>, ApiError>>;
    fn request_support(api: Api, act: Rc<Act>, ask: SupportAsk) -> impl Future<Output = Result<Option<SupportLine>, ApiError>>;
    /// The link that opens it, once.
    fn take_opening(api: Api, act: Rc<Act>, id: String) -> impl Future<Output = Result<String, ApiError>>;
    fn end_support(api: Api, act: Rc<Act>, id: String) -> impl Future<Output = Result<(), ApiError>>;
}

/// Implements [`SupportPortal`] for `$portal` by the generated messages of `$pb`.
#[macro_export]
macro_rules! support_portal {
    ($portal:ident, $pb:path) => {
        const _: () = {
            use std::rc::Rc;

            use $crate::{
                api::{Api, act::Act, error::ApiError},
                operator::support::{Elevation, Proof, SupportAsk, SupportLine, SupportPortal, SupportState},
            };
            use $pb::{
                self as pb, elevation_service_client::ElevationServiceClient as Elevations,
                support_session_service_client::SupportSessionServiceClient as Sessions,
            };

            fn elevation(one: pb::Elevation) -> Elevation {
                Elevation {
                    id: one.id,
                    scopes: one.scopes,
                    created_at: one.created_at,
                    expires_at: one.expires_at,
                    ended_at: one.ended_at,
                    live: one.live,
                    current: one.current,
                }
            }

            fn line(one: pb::SupportSession) -> SupportLine {
                use pb::SupportSessionState as State;
                let state = match one.state() {
                    State::Requested => SupportState::Requested,
                    State::Accepted => SupportState::Accepted,
                    State::Open => SupportState::Open,
                    State::Refused => SupportState::Refused,
                    State::Ended | State::Unspecified => SupportState::Ended,
                };
                SupportLine {
                    id: one.id,
                    tenant_name: one.tenant_name,
                    person_name: one.person_name,
                    justification: one.justification,
                    minutes: one.minutes,
                    state,
                    requested_at: one.requested_at,
                    expires_at: one.expires_at,
                    opened_at: one.opened_at,
                    ended_at: one.ended_at,
                    ended_by: one.ended_by,
                    own: one.own,
                }
            }

            impl SupportPortal for $portal {
                async fn elevate(api: Api, act: Rc<Act>, proof: Proof) -> Result<Option<Elevation>, ApiError> {
                    let request = pb::ElevateRequest {
                        scopes: vec![proof.scope.to_owned()],
                        minutes: proof.minutes,
                        justification: String::new(),
                        password: proof.password,
                        code: proof.code,
                    };
                    let call = async |transport, request| Elevations::new(transport).elevate(request).await;
                    Ok(api.write(&act, request, call).await?.elevation.map(elevation))
                }

                async fn elevations(api: Api) -> Result<Vec<Elevation>, ApiError> {
                    let call = async |transport, request| Elevations::new(transport).list_elevations(request).await;
                    let reply = api.read(pb::ListElevationsRequest {}, call).await?;
                    Ok(reply.elevations.into_iter().map(elevation).collect())
                }

                async fn give_back(api: Api, elevation_id: String) -> Result<(), ApiError> {
                    let call = async |transport, request| Elevations::new(transport).revoke_elevation(request).await;
                    api.write(&Act::default(), pb::RevokeElevationRequest { elevation_id }, call).await.map(|_| ())
                }

                async fn support_sessions(api: Api, tenant_id: String) -> Result<Vec<SupportLine>, ApiError> {
                    let call = async |transport, request| Sessions::new(transport).list_support_sessions(request).await;
                    let reply = api.read(pb::ListSupportSessionsRequest { tenant_id }, call).await?;
                    Ok(reply.support_sessions.into_iter().map(line).collect())
                }

                async fn request_support(api: Api, act: Rc<Act>, ask: SupportAsk) -> Result<Option<SupportLine>, ApiError> {
                    let SupportAsk { tenant_id, justification, minutes } = ask;
                    let request = pb::RequestSupportSessionRequest { tenant_id, justification, minutes };
                    let call = async |transport, request| Sessions::new(transport).request_support_session(request).await;
                    Ok(api.write(&act, request, call).await?.support_session.map(line))
                }

                async fn take_opening(api: Api, act: Rc<Act>, support_session_id: String) -> Result<String, ApiError> {
                    let call = async |transport, request| Sessions::new(transport).take_opening(request).await;
                    Ok(api.write(&act, pb::TakeOpeningRequest { support_session_id }, call).await?.url)
                }

                async fn end_support(api: Api, act: Rc<Act>, support_session_id: String) -> Result<(), ApiError> {
                    let call = async |transport, request| Sessions::new(transport).end_support_session(request).await;
                    api.write(&act, pb::EndSupportSessionRequest { support_session_id }, call).await.map(|_| ())
                }
            }
        };
    };
}
