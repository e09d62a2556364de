//! The client system as a whole: its services behind one listener.

use std::{collections::HashSet, sync::Arc};

use chrono::Duration;
use streamflow_kernel::{
    kernel::{Kernel, Portal},
    server::{Assets, PortalSite},
    session::Lifetime,
};
use streamflow_proto::{
    access,
    client::{
        self,
        v1::{
            change_service_server::ChangeServiceServer, search_service_server::SearchServiceServer,
            session_service_server::SessionServiceServer,
        },
    },
};
use tonic::service::Routes;

use crate::{
    change, search,
    session::{self, principal::ClientAuthenticator},
};

/// Rules of the portal (spec security.md).
pub const PORTAL: Portal = Portal {
    space: "client",
    lifetime: Lifetime { absolute: Duration::hours(8), idle: Duration::minutes(30) },
    person_per_minute: 600,
};

/// What the listener serves.
pub fn site(kernel: &Arc<Kernel>, origins: HashSet<String>, assets: Arc<dyn Assets>, reflection: bool) -> PortalSite {
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
        .add_service(ChangeServiceServer::new(change::api::Api))
        .add_service(SearchServiceServer::new(search::api::Api))
        .add_service(SessionServiceServer::new(session::api::Api))
}
