//! `streamflow.client.v1.RegistrationService`.

use std::time::Duration;

use streamflow_kernel::{ctx::Ctx, error::Result};
use streamflow_proto::client::v1::{self as pb, registration_service_server::RegistrationService};
use tokio::time::{Instant, timeout_at};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    domain::{Registration, Wanted},
    insert, key, store, token,
};

/// How long an answer waits for the company to be ready.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl RegistrationService for Api {
    async fn register_tenant(
        &self,
        request: Request<pb::RegisterTenantRequest>,
    ) -> Result<Response<pb::RegisterTenantResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let signer = key::signer(&ctx).await?;
        let wanted = Wanted::parse(req, signer)?;
        let is_own = token::check(&ctx, &wanted).await?;
        let registration = register(&ctx, &wanted, is_own).await?;
        Ok(Response::new(answer(&ctx, &registration)))
    }
}

/// The one registration of a request, found or accepted, and waited for.
pub async fn register(ctx: &Ctx, wanted: &Wanted, is_own: bool) -> Result<Registration> {
    let registration = match insert::find(ctx, wanted, is_own).await? {
        Some(known) => known,
        None => insert::insert(ctx, wanted).await?,
    };
    Ok(settled(ctx, registration).await)
}

/// The registration once it is ready, or as it is when that takes too long. It stands already: a database that can't say how far it has
/// come fails nothing.
async fn settled(ctx: &Ctx, mut registration: Registration) -> Registration {
    let until = Instant::now() + PATIENCE;
    while !registration.is_ready() && Instant::now() < until {
        tokio::time::sleep(LOOK_EVERY).await;
        match timeout_at(until, look(ctx, registration.id)).await {
            Ok(Ok(found)) => registration = found.unwrap_or(registration),
            Ok(Err(error)) => tracing::warn!(?error, "how far a registration has come is unknown"),
            Err(_) => break,
        }
    }
    registration
}

async fn look(ctx: &Ctx, id: Uuid) -> Result<Option<Registration>> {
    store::registration(&ctx.system_read().await?, id).await
}

pub fn answer(ctx: &Ctx, registration: &Registration) -> pb::RegisterTenantResponse {
    let state = if registration.is_ready() { pb::RegistrationState::Ready } else { pb::RegistrationState::Pending };
    pb::RegisterTenantResponse {
        tenant_id: registration.tenant_id.clone(),
        url: dashboard(ctx.public_url(), &registration.tenant_id),
        state: state.into(),
    }
}

/// Where a company's people begin.
pub fn dashboard(public_url: &str, tenant_id: &str) -> String {
    format!("{public_url}/tenant/{tenant_id}/client/dashboard")
}
