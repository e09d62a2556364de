//! `streamflow.provider.v1.TenantService`.

use serde_json::json;
use streamflow_kernel::{
    ctx::{Ctx, SystemWriteDb},
    db::NO_ORG,
    error::{Error, Result, Violations},
    federation::FederationChannel,
    list::ListRequest,
    operator::{ask::refused, elevation},
};
use streamflow_proto::{
    common::v1::PageInfo,
    federation::v1::{self as federation, tenant_lifecycle_service_client::TenantLifecycleServiceClient},
    provider::{
        reason,
        v1::{self as pb, tenant_service_server::TenantService},
    },
};
use tonic::{Request, Response, Status};

use super::{
    domain::{self, Facts, state_word},
    fleet::{self, Range},
    list,
    store::{self, Model},
    usage,
};

const LIFECYCLE: &str = "streamflow.federation.v1.TenantLifecycleService";
const MAX_DAYS: i32 = 366;

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl TenantService for Api {
    async fn list_tenants(&self, request: Request<pb::ListTenantsRequest>) -> Result<Response<pb::ListTenantsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let asked = ListRequest {
            page_size: req.page_size,
            page_token: &req.page_token,
            filter: &req.filter,
            order_by: &req.order_by,
            count_total: false,
        };
        let now = ctx.now();
        let (rows, next_page_token) = list::tenants(&ctx.system_read().await?, asked, now).await?;
        let page = Some(PageInfo { next_page_token, ..PageInfo::default() });
        Ok(Response::new(pb::ListTenantsResponse { tenants: rows.into_iter().map(|row| row.into_pb(now)).collect(), page }))
    }

    async fn get_tenant(&self, request: Request<pb::GetTenantRequest>) -> Result<Response<pb::GetTenantResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let db = ctx.system_read().await?;
        let tenant = store::tenant(&db, &req.tenant_id).await?;
        let events = store::events(&db, &req.tenant_id).await?;
        Ok(Response::new(pb::GetTenantResponse { tenant: Some(tenant.into_pb(ctx.now())), events }))
    }

    async fn get_tenant_usage(
        &self,
        request: Request<pb::GetTenantUsageRequest>,
    ) -> Result<Response<pb::GetTenantUsageResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let mut wrong = Violations::new();
        if !(1..=MAX_DAYS).contains(&req.days) {
            wrong.add("days", "Choose 1 to 366 days.");
        }
        wrong.into_result()?;
        store::tenant(&ctx.system_read().await?, &req.tenant_id).await?;
        let usages = usage::of_tenant(&ctx, req.tenant_id, req.days).await?;
        Ok(Response::new(pb::GetTenantUsageResponse { usages }))
    }

    async fn get_fleet(&self, request: Request<pb::GetFleetRequest>) -> Result<Response<pb::GetFleetResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let range = Range::parse(req.days, ctx.now())?;
        Ok(Response::new(fleet::fleet(&ctx.system_read().await?, range).await?))
    }

    async fn get_fleet_usage(
        &self,
        request: Request<pb::GetFleetUsageRequest>,
    ) -> Result<Response<pb::GetFleetUsageResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let range = Range::parse(req.days, ctx.now())?;
        Ok(Response::new(usage::of_all(&ctx, range).await?))
    }

    async fn suspend_tenant(
        &self,
        request: Request<pb::SuspendTenantRequest>,
    ) -> Result<Response<pb::SuspendTenantResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let wanted = domain::suspension(req)?;
        let before = store::tenant(&ctx.system_read().await?, &wanted.tenant_id).await?;
        let answer = lifecycle(&ctx).await?.suspend_tenant(wanted.clone()).await;
        let answer = answer.map_err(|status| refused(&status, "company"))?.into_inner();
        let facts = domain::facts(answer.tenant.unwrap_or_default())?;
        let is_wanted = (&facts.tenant.suspension_reason, &facts.tenant.suspension_contact) == (&wanted.reason, &wanted.contact);
        if !answer.changed && !is_wanted {
            let text = "This company is suspended already, and its people read other words. Resume it first to change them.";
            return Err(Error::refused(reason::ALREADY_SUSPENDED, text).into());
        }
        let (tx, tenant) = keep(&ctx, before, &facts, answer.as_of).await?;
        Ok(tx.commit(pb::SuspendTenantResponse { tenant: Some(tenant) }).await?)
    }

    async fn resume_tenant(
        &self,
        request: Request<pb::ResumeTenantRequest>,
    ) -> Result<Response<pb::ResumeTenantResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let before = store::tenant(&ctx.system_read().await?, &req.tenant_id).await?;
        let ask = federation::ResumeTenantRequest { tenant_id: req.tenant_id };
        let answer = lifecycle(&ctx).await?.resume_tenant(ask).await;
        let answer = answer.map_err(|status| refused(&status, "company"))?.into_inner();
        let facts = domain::facts(answer.tenant.unwrap_or_default())?;
        let (tx, tenant) = keep(&ctx, before, &facts, answer.as_of).await?;
        Ok(tx.commit(pb::ResumeTenantResponse { tenant: Some(tenant) }).await?)
    }
}

/// What is asked of the companies' own system is done there at once.
async fn lifecycle(ctx: &Ctx) -> Result<TenantLifecycleServiceClient<FederationChannel>> {
    elevation::still_held(ctx).await?;
    Ok(TenantLifecycleServiceClient::new(ctx.federation().serving(LIFECYCLE)?))
}

/// What the companies' own system just said, so that the next page doesn't wait for its report. The caller commits.
async fn keep(
    ctx: &Ctx,
    before: Model,
    facts: &Facts,
    as_of: Option<prost_types::Timestamp>,
) -> Result<(SystemWriteDb, pb::Tenant)> {
    let now = ctx.now();
    let tx = ctx.system().await?;
    let kept = store::keep_newest(&tx, facts, ctx.new_id(), as_of.and_then(domain::moment).unwrap_or(now), now).await?;
    tx.append_changes(NO_ORG, &ctx.actor(), &[kept.change()]).await?;
    let after = store::tenant(&tx, &before.tenant_id).await?;
    if before.state(now) != after.state(now) {
        ctx.note_change("state", json!(state_word(before.state(now))), json!(state_word(after.state(now))));
    }
    Ok((tx, after.into_pb(now)))
}
