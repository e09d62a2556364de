//! Pages that only this portal has.

pub mod admins;
mod away;
pub mod federation;
pub mod overview;
pub mod provisioning;
pub mod settings;
pub mod tenant;
pub mod tenants;
mod words;

use streamflow_proto::provider::v1::{self as pb, tenant_service_client::TenantServiceClient};
use web_kit::api::{Api, error::ApiError};

/// Figures over all companies.
async fn fleet(api: Api, days: i32) -> Result<pb::GetFleetResponse, ApiError> {
    let call = async |transport, request| TenantServiceClient::new(transport).get_fleet(request).await;
    api.read(pb::GetFleetRequest { days }, call).await
}
