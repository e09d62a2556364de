//! The dev system as a whole: its services behind one listener.

use std::{collections::HashSet, sync::Arc};

use chrono::Duration;
use streamflow_kernel::{
    anomaly::Detect,
    federation::watch::Watch,
    jobs::Work,
    kernel::{Kernel, Portal},
    operator::{self, Desk, Operator},
    rate_limit::Pace,
    server::{Assets, PortalSite},
    session::Lifetime,
};
use streamflow_proto::{
    access,
    dev::{
        self,
        v1::{
            anomaly_service_server::AnomalyServiceServer, audit_service_server::AuditServiceServer,
            client_error_service_server::ClientErrorServiceServer, elevation_service_server::ElevationServiceServer,
            error_group_service_server::ErrorGroupServiceServer, health_service_server::HealthServiceServer,
            job_service_server::JobServiceServer, lockout_service_server::LockoutServiceServer,
            metric_service_server::MetricServiceServer, overview_service_server::OverviewServiceServer,
            session_service_server::SessionServiceServer, support_session_service_server::SupportSessionServiceServer,
        },
    },
};
use tonic::service::Routes;

use crate::{
    anomaly, audit, client_error, elevation, error_group, health, job, lockout, metric, overview, session, support_session,
};

/// Rules of the portal. Its people reach far, so an idle session ends sooner than one of a company's own people.
pub const PORTAL: Portal = Portal {
    space: "dev",
    pages: "/dev",
    first_parts: &[
        "anomalies",
        "audit",
        "errors",
        "health",
        "jobs",
        "metrics",
        "overview",
        "second-factor",
        "sessions",
        "sign-in",
        "sign-ins",
        "support",
    ],
    lifetime: Lifetime { absolute: Duration::hours(8), idle: Duration::minutes(15) },
    pace: Pace { per_minute: 150, burst: Some(20) },
    nouns: operator::NOUNS,
    rights_from: "whoever runs StreamFlow",
    features: "",
};

/// What the listener serves. Without an operator nobody can sign in.
pub fn site(
    kernel: &Arc<Kernel>,
    operator: Option<Operator>,
    origins: HashSet<String>,
    assets: Arc<dyn Assets>,
    reflection: bool,
) -> PortalSite {
    let desk = Desk::of_one(operator);
    PortalSite {
        kernel: Arc::clone(kernel),
        access: access::DEV,
        descriptors: dev::DESCRIPTORS,
        authenticator: desk.authenticator(kernel.database.clone()),
        services: services(kernel, desk),
        origins,
        assets,
        reflection,
        intake: None,
    }
}

fn services(kernel: &Kernel, desk: Desk) -> Routes {
    Routes::default()
        .add_service(AnomalyServiceServer::new(anomaly::Api))
        .add_service(AuditServiceServer::new(audit::Api))
        .add_service(ClientErrorServiceServer::new(client_error::Api))
        .add_service(ElevationServiceServer::new(elevation::Api { desk: desk.clone() }))
        .add_service(ErrorGroupServiceServer::new(error_group::api::Api))
        .add_service(HealthServiceServer::new(health::api::Api))
        .add_service(JobServiceServer::new(job::api::Api))
        .add_service(LockoutServiceServer::new(lockout::Api { desk: desk.clone() }))
        .add_service(MetricServiceServer::new(metric::api::Api))
        .add_service(OverviewServiceServer::new(overview::Api { started_at: kernel.clock.now() }))
        .add_service(SessionServiceServer::new(session::Api { desk }))
        .add_service(SupportSessionServiceServer::new(support_session::Api))
}

/// What is done behind the answers.
pub fn works() -> Vec<Arc<dyn Work>> {
    vec![
        Arc::new(Detect::default()),
        Arc::new(operator::support_end::End),
        Arc::new(operator::support_end::Idle),
        Arc::new(operator::elevation::PRUNE),
        Arc::new(Watch),
    ]
}
