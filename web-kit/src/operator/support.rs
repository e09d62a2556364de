//! Looking at companies as their support, for the portals whose people may: what is asked of companies, and what came of it.

mod ask;
mod desk;
mod opening;
mod page;
mod row;

use std::{future::Future, rc::Rc};

use prost_types::Timestamp;

pub use self::{desk::card, page::page, row::how_ended};
use super::elevation::{ElevatingPortal, Right};
use crate::api::{Api, act::Act, error::ApiError};

/// What looking at companies needs, in each portal whose people may.
pub const RIGHT: Right = Right { name: "support", words: mark!("look at companies, with their leave") };

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
pub trait SupportPortal: ElevatingPortal {
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
                operator::support::{SupportAsk, SupportLine, SupportPortal, SupportState},
            };
            use $pb::{self as pb, support_session_service_client::SupportSessionServiceClient as Sessions};

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
