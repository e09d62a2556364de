//! The accountant system as a whole: its services behind one listener.

use std::{collections::HashSet, sync::Arc};

use chrono::Duration;
use streamflow_kernel::{
    kernel::{Kernel, Portal},
    operator::{self, Desk, Operator},
    rate_limit::Pace,
    server::{Assets, PortalSite},
    session::Lifetime,
};
use streamflow_proto::{
    access,
    accountant::{
        self,
        v1::{
            anomaly_service_server::AnomalyServiceServer, audit_service_server::AuditServiceServer,
            client_error_service_server::ClientErrorServiceServer, lockout_service_server::LockoutServiceServer,
            overview_service_server::OverviewServiceServer, session_service_server::SessionServiceServer,
            subscription_service_server::SubscriptionServiceServer,
        },
    },
};
use tonic::service::Routes;

use crate::{anomaly, audit, client_error, lockout, overview, session, subscription};

/// Rules of the portal. Its people reach far, so an idle session ends sooner than one of a company's own people.
pub const PORTAL: Portal = Portal {
    space: "accountant",
    pages: "/accounting",
    first_parts: &["anomalies", "audit", "overview", "second-factor", "sessions", "sign-in", "sign-ins", "subscriptions"],
    lifetime: Lifetime { absolute: Duration::hours(8), idle: Duration::minutes(15) },
    pace: Pace::per_minute(150),
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
        access: access::ACCOUNTANT,
        descriptors: accountant::DESCRIPTORS,
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
        .add_service(LockoutServiceServer::new(lockout::Api { desk: desk.clone() }))
        .add_service(OverviewServiceServer::new(overview::Api { started_at: kernel.clock.now() }))
        .add_service(SessionServiceServer::new(session::Api { desk }))
        .add_service(SubscriptionServiceServer::new(subscription::Api))
}
