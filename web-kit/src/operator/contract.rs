//! What these pages need of a portal, free of any portal's generated messages.

use std::future::Future;

use prost_types::Timestamp;

use super::Manner;
use crate::{
    anomalies::Anomalies,
    api::{Api, error::ApiError},
    list::rows::Page,
};

/// Who is signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    pub id: String,
    pub email: String,
    /// The second factor is done.
    pub full: bool,
    /// For showing and hiding only; the server decides.
    pub permissions: Vec<String>,
}

/// A count in the range and in the range before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    pub value: i64,
    pub before: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub at: Option<Timestamp>,
    pub value: i64,
    pub refused: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    pub name: String,
    pub healthy: bool,
    pub detail: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overview {
    pub live_sessions: i32,
    pub sign_ins: Figure,
    pub refused_sign_ins: Figure,
    pub requests: Figure,
    pub denials: Figure,
    pub points: Vec<Point>,
    pub health: Vec<Health>,
    pub version: String,
    pub started_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuditLine {
    pub id: String,
    pub at: Option<Timestamp>,
    pub actor: String,
    pub role: String,
    pub ip: String,
    pub path: String,
    pub category: String,
    pub outcome: String,
    pub correlation_id: String,
    /// JSON object of the request fields that may be kept.
    pub payload: String,
    pub entity: String,
    pub entity_id: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SessionLine {
    pub id: String,
    pub created_at: Option<Timestamp>,
    pub last_seen_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub ip: String,
    pub user_agent: String,
    pub current: bool,
}

/// What wrong guesses are counted for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LockedSubject {
    #[default]
    Account,
    AccountAtAddress,
    Device,
    SecondFactor,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lockout {
    pub subject: LockedSubject,
    /// Empty where nobody has the account that was tried.
    pub person: String,
    /// Empty where it is counted for all addresses together.
    pub address: String,
    pub failures: i64,
    pub last_failure_at: Option<Timestamp>,
    pub locked_until: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lockouts {
    pub lockouts: Vec<Lockout>,
    pub capped: bool,
    /// What the server's clock said.
    pub at: Option<Timestamp>,
}

/// A portal as these pages see it. Futures live in the browser's one thread.
pub trait OperatorPortal: Anomalies + Copy + Send + Sync + 'static {
    /// Names of its RPCs.
    const RPCS: &'static [&'static str];
    /// As the portal header carries it.
    const SPACE: &'static str;
    /// As people read it, e.g. on the sign-in page.
    const NAME: &'static str;
    /// First part of its page addresses, e.g. "/work".
    const BASE: &'static str;
    /// One sentence under "Sign in".
    const LEAD: &'static str;
    /// What it calls its first page.
    const HOME: &'static str;
    const MANNER: Manner;

    fn me(api: Api) -> impl Future<Output = Result<Identity, ApiError>>;
    fn sign_in(api: Api, email: String, password: String) -> impl Future<Output = Result<(), ApiError>>;
    fn verify(api: Api, code: String) -> impl Future<Output = Result<(), ApiError>>;
    fn sign_out(api: Api) -> impl Future<Output = Result<(), ApiError>>;
    fn overview(api: Api, days: i32) -> impl Future<Output = Result<Overview, ApiError>>;
    fn audit(api: Api, page_token: String, filter: String) -> impl Future<Output = Result<Page<AuditLine>, ApiError>>;
    /// The matching records as one CSV file.
    fn audit_csv(api: Api, filter: String) -> impl Future<Output = Result<Vec<u8>, ApiError>>;
    /// A page of one's sessions; the token is empty for the first.
    fn sessions(api: Api, page_token: String) -> impl Future<Output = Result<Page<SessionLine>, ApiError>>;
    /// What was guessed at within the last day.
    fn lockouts(api: Api) -> impl Future<Output = Result<Lockouts, ApiError>>;
    fn end_session(api: Api, id: String) -> impl Future<Output = Result<(), ApiError>>;
    fn sign_out_everywhere(api: Api) -> impl Future<Output = Result<(), ApiError>>;
}

/// Implements [`OperatorPortal`] for `$portal` by the generated messages of `$pb`.
#[macro_export]
macro_rules! operator_portal {
    ($portal:ident, $pb:path, rpcs: $rpcs:path, space: $space:literal, name: $name:literal, base: $base:literal, lead: $lead:expr, home: $home:expr, manner: $manner:ident) => {
        #[derive(Clone, Copy, Debug)]
        pub struct $portal;

        impl $crate::anomalies::Anomalies for $portal {
            const WHOSE: &'static str = $crate::mark!("this system");
            const LIVE: bool = false;

            $crate::anomaly_calls!($pb);

            fn may(right: &str) -> bool {
                $crate::operator::space::may(right)
            }

            fn audit_address() -> String {
                $crate::operator::space::address::<$portal>("audit")
            }

            fn when(at: Option<::prost_types::Timestamp>) -> ::leptos::prelude::AnyView {
                ::leptos::prelude::IntoAny::into_any(<$portal as $crate::operator::OperatorPortal>::MANNER.moment(at.as_ref()))
            }
        }

        impl $crate::operator::OperatorPortal for $portal {
            const RPCS: &'static [&'static str] = $rpcs;
            const SPACE: &'static str = $space;
            const NAME: &'static str = $name;
            const BASE: &'static str = $base;
            const LEAD: &'static str = $lead;
            const HOME: &'static str = $home;
            const MANNER: $crate::operator::Manner = $crate::operator::Manner::$manner;

            async fn me(api: $crate::api::Api) -> Result<$crate::operator::Identity, $crate::api::error::ApiError> {
                use $pb as pb;
                let call =
                    async |transport, request| pb::session_service_client::SessionServiceClient::new(transport).me(request).await;
                let me = api.open(pb::MeRequest {}, call).await?;
                let full = me.second_factor() == pb::SecondFactorState::Done;
                let user = me.user.unwrap_or_default();
                Ok($crate::operator::Identity { id: user.id, email: user.email, full, permissions: me.permissions })
            }

            async fn sign_in(api: $crate::api::Api, email: String, password: String) -> Result<(), $crate::api::error::ApiError> {
                use $pb as pb;
                let request = pb::SignInRequest { email, password, return_token: false };
                let call = async |transport, request| {
                    pb::session_service_client::SessionServiceClient::new(transport).sign_in(request).await
                };
                api.open(request, call).await.map(|_| ())
            }

            async fn verify(api: $crate::api::Api, code: String) -> Result<(), $crate::api::error::ApiError> {
                use $pb as pb;
                let request = pb::VerifySecondFactorRequest { code, return_token: false };
                let call = async |transport, request| {
                    pb::session_service_client::SessionServiceClient::new(transport).verify_second_factor(request).await
                };
                api.open(request, call).await.map(|_| ())
            }

            async fn sign_out(api: $crate::api::Api) -> Result<(), $crate::api::error::ApiError> {
                use $pb as pb;
                let call = async |transport, request| {
                    pb::session_service_client::SessionServiceClient::new(transport).sign_out(request).await
                };
                api.open(pb::SignOutRequest {}, call).await.map(|_| ())
            }

            async fn overview(
                api: $crate::api::Api,
                days: i32,
            ) -> Result<$crate::operator::Overview, $crate::api::error::ApiError> {
                use $pb as pb;
                let call = async |transport, request| {
                    pb::overview_service_client::OverviewServiceClient::new(transport).get_overview(request).await
                };
                let reply = api.read(pb::GetOverviewRequest { days }, call).await?;
                let figure = |figure: Option<pb::Figure>| {
                    figure
                        .map(|figure| $crate::operator::Figure { value: figure.value, before: figure.before })
                        .unwrap_or_default()
                };
                Ok($crate::operator::Overview {
                    live_sessions: reply.live_sessions,
                    sign_ins: figure(reply.sign_ins),
                    refused_sign_ins: figure(reply.refused_sign_ins),
                    requests: figure(reply.requests),
                    denials: figure(reply.denials),
                    points: reply
                        .requests_over_time
                        .into_iter()
                        .map(|point| $crate::operator::Point { at: point.at, value: point.value, refused: point.refused })
                        .collect(),
                    health: reply
                        .health
                        .into_iter()
                        .map(|health| $crate::operator::Health {
                            name: health.name,
                            healthy: health.healthy,
                            detail: health.detail,
                        })
                        .collect(),
                    version: reply.version,
                    started_at: reply.started_at,
                })
            }

            async fn audit(
                api: $crate::api::Api,
                page_token: String,
                filter: String,
            ) -> Result<$crate::list::rows::Page<$crate::operator::AuditLine>, $crate::api::error::ApiError> {
                use $pb as pb;
                let request = pb::ListAuditRequest { page_size: 100, page_token, filter, ..Default::default() };
                let call = async |transport, request| {
                    pb::audit_service_client::AuditServiceClient::new(transport).list_audit(request).await
                };
                let reply = api.read(request, call).await?;
                let info = reply.page.unwrap_or_default();
                let line = |record: pb::AuditRecord| $crate::operator::AuditLine {
                    id: record.id,
                    at: record.at,
                    actor: record.actor_name,
                    role: record.actor_role,
                    ip: record.ip,
                    path: record.path,
                    category: record.category,
                    outcome: record.outcome,
                    correlation_id: record.correlation_id,
                    payload: record.payload,
                    entity: record.entity,
                    entity_id: record.entity_id,
                };
                Ok($crate::list::rows::Page {
                    rows: reply.records.into_iter().map(line).collect(),
                    next_page_token: info.next_page_token,
                    total: Some((info.total_size.into(), info.total_is_capped)).filter(|(total, _)| *total > 0),
                })
            }

            async fn audit_csv(api: $crate::api::Api, filter: String) -> Result<Vec<u8>, $crate::api::error::ApiError> {
                use $pb as pb;
                let failed = |status: tonic::Status| $crate::api::error::ApiError::from_status(&status);
                let mut client = pb::audit_service_client::AuditServiceClient::new(api.transport());
                let mut stream = client.export_audit(pb::ExportAuditRequest { filter }).await.map_err(failed)?.into_inner();
                let mut file = Vec::new();
                while let Some(piece) = stream.message().await.map_err(failed)? {
                    file.extend(piece.data);
                }
                Ok(file)
            }

            async fn sessions(
                api: $crate::api::Api,
                page_token: String,
            ) -> Result<$crate::list::rows::Page<$crate::operator::SessionLine>, $crate::api::error::ApiError> {
                use $pb as pb;
                let call = async |transport, request| {
                    pb::session_service_client::SessionServiceClient::new(transport).list_sessions(request).await
                };
                let reply = api.read(pb::ListSessionsRequest { page_token, ..Default::default() }, call).await?;
                let line = |session: pb::Session| $crate::operator::SessionLine {
                    id: session.id,
                    created_at: session.created_at,
                    last_seen_at: session.last_seen_at,
                    expires_at: session.expires_at,
                    ip: session.ip,
                    user_agent: session.user_agent,
                    current: session.current,
                };
                Ok($crate::list::rows::Page {
                    rows: reply.sessions.into_iter().map(line).collect(),
                    next_page_token: reply.page.unwrap_or_default().next_page_token,
                    total: None,
                })
            }

            async fn lockouts(api: $crate::api::Api) -> Result<$crate::operator::Lockouts, $crate::api::error::ApiError> {
                use $crate::operator::LockedSubject;
                use $pb as pb;
                let call = async |transport, request| {
                    pb::lockout_service_client::LockoutServiceClient::new(transport).list_lockouts(request).await
                };
                let reply = api.read(pb::ListLockoutsRequest {}, call).await?;
                let line = |one: pb::Lockout| $crate::operator::Lockout {
                    subject: match one.subject() {
                        pb::LockoutSubject::AccountAtAddress => LockedSubject::AccountAtAddress,
                        pb::LockoutSubject::Device => LockedSubject::Device,
                        pb::LockoutSubject::SecondFactor => LockedSubject::SecondFactor,
                        pb::LockoutSubject::Account | pb::LockoutSubject::Unspecified => LockedSubject::Account,
                    },
                    person: one.person_name,
                    address: one.address,
                    failures: one.failures,
                    last_failure_at: one.last_failure_at,
                    locked_until: one.locked_until,
                };
                let lockouts = reply.lockouts.into_iter().map(line).collect();
                Ok($crate::operator::Lockouts { lockouts, capped: reply.capped, at: reply.at })
            }

            async fn end_session(api: $crate::api::Api, session_id: String) -> Result<(), $crate::api::error::ApiError> {
                use $pb as pb;
                let call = async |transport, request| {
                    pb::session_service_client::SessionServiceClient::new(transport).revoke_session(request).await
                };
                let act = $crate::api::act::Act::default();
                api.write(&act, pb::RevokeSessionRequest { session_id }, call).await.map(|_| ())
            }

            async fn sign_out_everywhere(api: $crate::api::Api) -> Result<(), $crate::api::error::ApiError> {
                use $pb as pb;
                let call = async |transport, request| {
                    pb::session_service_client::SessionServiceClient::new(transport).sign_out_everywhere(request).await
                };
                let act = $crate::api::act::Act::default();
                api.write(&act, pb::SignOutEverywhereRequest {}, call).await.map(|_| ())
            }
        }
    };
}
