//! `streamflow.provider.v1.ProvisioningService`.

use streamflow_kernel::{
    ctx::Ctx,
    error::{Error, Result},
    operator::ask::{is_away, once, refused},
};
use streamflow_proto::{
    common::v1::PageInfo,
    federation::v1::{
        self as federation, tenant_directory_service_client::TenantDirectoryServiceClient,
        tenant_lifecycle_service_client::TenantLifecycleServiceClient,
    },
    provider::v1::{self as pb, provisioning_service_server::ProvisioningService},
};
use tonic::{Request, Response, Status};

use crate::federation::standing::last_answer_at;

const DIRECTORY: &str = "streamflow.federation.v1.TenantDirectoryService";
const LIFECYCLE: &str = "streamflow.federation.v1.TenantLifecycleService";

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl ProvisioningService for Api {
    async fn list_registrations(
        &self,
        request: Request<pb::ListRegistrationsRequest>,
    ) -> Result<Response<pb::ListRegistrationsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let channel = ctx.federation().serving(DIRECTORY)?;
        let system = channel.peer();
        let ask =
            federation::ListRegistrationsRequest { page_size: req.page_size, page_token: req.page_token, filter: req.filter };
        let reply = match TenantDirectoryServiceClient::new(channel).list_registrations(ask).await {
            Ok(answer) => listed(answer.into_inner()),
            Err(status) if is_away(&status) => away(&ctx, system).await?,
            Err(status) => return Err(refused(&status, "registration").into()),
        };
        Ok(Response::new(reply))
    }

    async fn retry_registration(
        &self,
        request: Request<pb::RetryRegistrationRequest>,
    ) -> Result<Response<pb::RetryRegistrationResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let channel = ctx.federation().serving(LIFECYCLE)?;
        let ask = federation::RetryRegistrationRequest { registration_id: req.registration_id };
        let answer = TenantLifecycleServiceClient::new(channel).retry_registration(once(&ctx, ask)?).await;
        let answer = answer.map_err(|status| refused(&status, "registration"))?.into_inner();
        let registration = answer.registration.ok_or_else(|| Error::internal("an answer without its registration"))?;
        let reply = pb::RetryRegistrationResponse { changed: answer.changed, registration: Some(into_pb(registration)) };
        Ok(ctx.system().await?.commit(reply).await?)
    }
}

fn listed(answer: federation::ListRegistrationsResponse) -> pb::ListRegistrationsResponse {
    pb::ListRegistrationsResponse {
        registrations: answer.registrations.into_iter().map(into_pb).collect(),
        page: Some(PageInfo { next_page_token: answer.next_page_token, ..PageInfo::default() }),
        away: false,
        last_answer_at: answer.as_of,
    }
}

/// No list, and when the other system was last heard.
async fn away(ctx: &Ctx, system: &str) -> Result<pb::ListRegistrationsResponse> {
    Ok(pb::ListRegistrationsResponse { away: true, last_answer_at: last_answer_at(ctx, system).await?, ..Default::default() })
}

fn into_pb(registration: federation::Registration) -> pb::Registration {
    let state = format!("REGISTRATION_STATE_{}", registration.state);
    let step = format!("REGISTRATION_STEP_{}", registration.step);
    pb::Registration {
        state: pb::RegistrationState::from_str_name(&state).unwrap_or_default().into(),
        step: pb::RegistrationStep::from_str_name(&step).unwrap_or_default().into(),
        id: registration.id,
        external_customer_id: registration.external_customer_id,
        tenant_id: registration.tenant_id,
        name: registration.name,
        attempts: registration.attempts,
        last_error: registration.last_error,
        created_at: registration.created_at,
        step_at: registration.step_at,
        next_try_at: registration.next_try_at,
    }
}
