//! Pages that only this portal has.

pub mod admins;
pub mod federation;
pub mod overview;
pub mod settings;
pub mod tenant;
pub mod tenants;
mod words;

use streamflow_proto::provider::v1::{self as pb, tenant_service_client::TenantServiceClient};
use web_kit::{
    api::{Api, error::ApiError},
    operator::Identity,
    session::use_session,
};

/// Whether the role includes a right, e.g. "admin.write". For showing and hiding only; the server decides.
pub fn may(permission: &str) -> bool {
    use_session::<Identity>().me_untracked().is_some_and(|me| me.permissions.iter().any(|known| known == permission))
}

/// Figures over all companies.
async fn fleet(api: Api, days: i32) -> Result<pb::GetFleetResponse, ApiError> {
    let call = async |transport, request| TenantServiceClient::new(transport).get_fleet(request).await;
    api.read(pb::GetFleetRequest { days }, call).await
}
