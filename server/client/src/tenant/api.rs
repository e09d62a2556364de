//! `streamflow.federation.v1.TenantDirectoryService`.

use chrono::{DateTime, Utc};
use streamflow_kernel::{clock::timestamp, ctx::Ctx, error::Error, ids};
use streamflow_proto::federation::v1::{self as pb, tenant_directory_service_server::TenantDirectoryService};
use tonic::{Request, Response, Status};

use super::store::{self, Since, Tenant};
use crate::registration::federated;

const USUAL_PAGE: i32 = 50;
const MAX_PAGE: i32 = 200;

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl TenantDirectoryService for Api {
    async fn list_tenants(&self, request: Request<pb::ListTenantsRequest>) -> Result<Response<pb::ListTenantsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let size = match req.page_size {
            0 => USUAL_PAGE,
            size @ 1..=MAX_PAGE => size,
            _ => return Err(Error::invalid("page_size", "A page has 1 to 200 companies.").into()),
        };
        let after = match req.page_token.as_str() {
            "" => None,
            token => {
                let id = ids::parse(ids::prefix::ORG, token);
                Some(id.ok_or_else(|| Error::invalid("page_token", "This is no page token of this list."))?)
            }
        };
        let since = Since {
            made: req.created_since.map(|at| moment("created_since", at)).transpose()?,
            changed: req.changed_since.map(|at| moment("changed_since", at)).transpose()?,
        };
        let mut tenants = store::tenants(&ctx.system_read().await?, after, since, i64::from(size) + 1).await?;
        let has_more = tenants.len() > size as usize;
        tenants.truncate(size as usize);
        let last = tenants.last().filter(|_| has_more).map(|tenant| tenant.id);
        let next_page_token = ids::format_option(ids::prefix::ORG, last);
        let tenants = tenants.into_iter().map(into_pb).collect();
        Ok(Response::new(pb::ListTenantsResponse { tenants, next_page_token, as_of: timestamp(ctx.now()) }))
    }

    async fn get_tenant(&self, request: Request<pb::GetTenantRequest>) -> Result<Response<pb::GetTenantResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let tenant = store::tenant(&ctx.system_read().await?, &req.tenant_id).await?.ok_or(Error::not_found("company"))?;
        Ok(Response::new(pb::GetTenantResponse { tenant: Some(into_pb(tenant)) }))
    }

    async fn list_registrations(
        &self,
        request: Request<pb::ListRegistrationsRequest>,
    ) -> Result<Response<pb::ListRegistrationsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        Ok(Response::new(federated::list(&ctx, req).await?))
    }
}

fn moment(field: &str, at: prost_types::Timestamp) -> Result<DateTime<Utc>, Error> {
    let nanos = u32::try_from(at.nanos).ok();
    let found = nanos.and_then(|nanos| DateTime::from_timestamp(at.seconds, nanos));
    found.ok_or_else(|| Error::invalid(field, "This is no time."))
}

pub fn into_pb(tenant: Tenant) -> pb::Tenant {
    let (closes_at, deleted_at) = (tenant.closes_at(), tenant.deleted_at());
    pb::Tenant {
        tenant_id: tenant.tenant_id,
        name: tenant.name,
        time_zone: tenant.time_zone,
        currency_code: tenant.currency_code,
        created_at: timestamp(tenant.created_at),
        plan: tenant.plan,
        industry: tenant.industry,
        closes_at: closes_at.and_then(timestamp),
        deleted_at: deleted_at.and_then(timestamp),
        external_customer_id: tenant.external_customer_id,
        trial_ends_at: tenant.trial_ends_at.and_then(timestamp),
        suspended_at: tenant.suspended_at.and_then(timestamp),
        suspension_reason: tenant.suspend_reason,
        suspension_contact: tenant.suspend_contact,
    }
}
