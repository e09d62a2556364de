//! The provider system as a whole: its services behind one listener.

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Duration, Utc};
use streamflow_kernel::{
    access::Witness,
    anomaly::Detect,
    federation::watch::Watch,
    jobs::Work,
    kernel::{Kernel, Portal},
    operator::{self, Desk},
    password::Params,
    rate_limit::Pace,
    recovery::Recovery,
    server::{Assets, Front, PortalSite},
    session::Lifetime,
};
use streamflow_proto::{
    access,
    federation::v1::{
        subscription_directory_service_server::SubscriptionDirectoryServiceServer,
        tenant_event_service_server::TenantEventServiceServer,
    },
    provider::{
        self,
        v1::{
            admin_service_server::AdminServiceServer, anomaly_service_server::AnomalyServiceServer,
            audit_service_server::AuditServiceServer, change_service_server::ChangeServiceServer,
            client_error_service_server::ClientErrorServiceServer, elevation_service_server::ElevationServiceServer,
            federation_service_server::FederationServiceServer, lockout_service_server::LockoutServiceServer,
            overview_service_server::OverviewServiceServer, provisioning_service_server::ProvisioningServiceServer,
            recovery_service_server::RecoveryServiceServer, session_service_server::SessionServiceServer,
            setting_service_server::SettingServiceServer, support_session_service_server::SupportSessionServiceServer,
            tenant_service_server::TenantServiceServer,
        },
    },
};
use tonic::service::Routes;

use crate::{
    admin::{self, people::Admins},
    anomaly, audit, change, client_error, elevation, federation, lockout, overview, provisioning, recovery, session, setting,
    setting::mirror::Mirror,
    support_session, tenant,
};

/// Rules of the portal. Its people reach far, so an idle session ends sooner than one of a company's own people.
pub const PORTAL: Portal = Portal {
    space: "provider",
    pages: "/provider",
    first_parts: &[
        "admins",
        "anomalies",
        "audit",
        "federation",
        "overview",
        "provisioning",
        "second-factor",
        "sessions",
        "set-up",
        "settings",
        "sign-in",
        "sign-ins",
        "support",
        "system",
        "tenants",
    ],
    lifetime: Lifetime { absolute: Duration::hours(8), idle: Duration::minutes(15) },
    pace: Pace::per_minute(100),
    nouns: operator::NOUNS,
    rights_from: "an administrator of this portal",
    features: "",
};

/// Role of the first administrator and of the emergency account.
pub const FIRST_ROLE: &str = "ADMIN";

/// What the listener serves while the database is there. `mirror` is what [`recovery_services`] goes by.
pub fn site(
    kernel: &Arc<Kernel>,
    admins: Admins,
    recovery: Arc<Recovery>,
    mirror: Option<Mirror>,
    origins: HashSet<String>,
    assets: Arc<dyn Assets>,
    reflection: bool,
) -> PortalSite {
    let index = Arc::clone(&admins.index);
    let desk = Desk::new(Arc::new(admins), Params::BREAK_GLASS);
    let services = Routes::default()
        .add_service(AdminServiceServer::new(admin::api::Api { index }))
        .add_service(AnomalyServiceServer::new(anomaly::Api))
        .add_service(AuditServiceServer::new(audit::Api))
        .add_service(ChangeServiceServer::new(change::api::Api))
        .add_service(ClientErrorServiceServer::new(client_error::Api))
        .add_service(ElevationServiceServer::new(elevation::Api { desk: desk.clone() }))
        .add_service(FederationServiceServer::new(federation::api::Api))
        .add_service(LockoutServiceServer::new(lockout::Api { desk: desk.clone() }))
        .add_service(OverviewServiceServer::new(overview::Api { started_at: kernel.clock.now() }))
        .add_service(ProvisioningServiceServer::new(provisioning::api::Api))
        .add_service(RecoveryServiceServer::new(recovery::closed::Api { recovery }))
        .add_service(SessionServiceServer::new(session::Api { desk: desk.clone() }))
        .add_service(SettingServiceServer::new(setting::api::Api { mirror }))
        .add_service(SupportSessionServiceServer::new(support_session::Api))
        .add_service(TenantServiceServer::new(tenant::api::Api));
    PortalSite {
        kernel: Arc::clone(kernel),
        access: access::PROVIDER,
        descriptors: provider::DESCRIPTORS,
        authenticator: desk.authenticator(kernel.database.clone()),
        services,
        origins,
        assets,
        reflection,
        intake: None,
    }
}

/// What stands before the RPCs, with and without the database.
pub fn front(recovery: &Arc<Recovery>, origins: HashSet<String>, assets: Arc<dyn Assets>, reflection: bool) -> Front {
    let witness = Witness::Recovery(Arc::clone(recovery));
    Front {
        witness,
        access: access::PROVIDER,
        descriptors: provider::DESCRIPTORS,
        origins,
        assets,
        reflection,
        features: PORTAL.features,
    }
}

/// What is served without it.
pub fn recovery_services(mirror: Option<Mirror>, started_at: DateTime<Utc>) -> Routes {
    Routes::default().add_service(RecoveryServiceServer::new(recovery::api::Api { mirror, started_at }))
}

/// What the other systems may ask of this one.
pub fn federated() -> Routes {
    Routes::default()
        .add_service(SubscriptionDirectoryServiceServer::new(tenant::subscription::Api))
        .add_service(TenantEventServiceServer::new(tenant::event::Api))
}

/// What is done behind the answers.
pub fn works() -> Vec<Arc<dyn Work>> {
    vec![
        Arc::new(Detect::default()),
        Arc::new(operator::support_end::End),
        Arc::new(operator::support_end::Idle),
        Arc::new(operator::elevation::PRUNE),
        Arc::new(tenant::pull::Pull::default()),
        Arc::new(Watch),
    ]
}
