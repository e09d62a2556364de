//! The client system as a whole: its services behind one listener.

use std::{collections::HashSet, sync::Arc};

use chrono::Duration;
use streamflow_kernel::{
    error::Result,
    kernel::{Kernel, Portal},
    server::{Assets, PortalSite},
    session::Lifetime,
};
use streamflow_proto::{
    access,
    client::{
        self,
        v1::{
            account_service_server::AccountServiceServer, change_service_server::ChangeServiceServer,
            contact_service_server::ContactServiceServer, customer_service_server::CustomerServiceServer,
            invitation_service_server::InvitationServiceServer, search_service_server::SearchServiceServer,
            session_service_server::SessionServiceServer, team_service_server::TeamServiceServer,
        },
    },
};
use tonic::service::Routes;

use crate::{
    account, change, contact, customer, invitation, org, search,
    session::{self, principal::ClientAuthenticator},
    team,
};

/// Rules of the portal (spec security.md).
pub const PORTAL: Portal = Portal {
    space: "client",
    lifetime: Lifetime {
        absolute: Duration::hours(8),
        idle: Duration::minutes(30),
    },
    person_per_minute: 600,
};

/// What the listener serves.
pub fn site(
    kernel: &Arc<Kernel>,
    origins: HashSet<String>,
    assets: Arc<dyn Assets>,
    reflection: bool,
) -> PortalSite {
    PortalSite {
        kernel: Arc::clone(kernel),
        access: access::CLIENT,
        descriptors: client::DESCRIPTORS,
        authenticator: ClientAuthenticator::new(kernel.database.clone()),
        services: services(),
        origins,
        assets,
        reflection,
    }
}

fn services() -> Routes {
    Routes::default()
        .add_service(AccountServiceServer::new(account::api::Api))
        .add_service(ChangeServiceServer::new(change::api::Api))
        .add_service(ContactServiceServer::new(contact::api::Api))
        .add_service(CustomerServiceServer::new(customer::api::Api))
        .add_service(InvitationServiceServer::new(invitation::api::Api))
        .add_service(SearchServiceServer::new(search::api::Api))
        .add_service(SessionServiceServer::new(session::api::Api))
        .add_service(TeamServiceServer::new(team::api::Api))
}

/// Starts what runs beside the requests. Once per process and database.
pub async fn start(kernel: &Arc<Kernel>) -> Result<()> {
    org::provision::ensure_platform_key(kernel).await
}
