//! `streamflow.client.v1.OrgService`.

use serde_json::json;
use streamflow_kernel::{
    ctx::Ctx,
    db::TenantDb,
    error::{Error, Result},
};
use streamflow_proto::client::v1::{self as pb, org_service_server::OrgService};
use tonic::{Request, Response, Status};

use super::{domain::OrgPatch, second_factor, store};
use crate::template::read::MODULES;

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl OrgService for Api {
    async fn get_org(&self, request: Request<pb::GetOrgRequest>) -> Result<Response<pb::GetOrgResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let org = shown(&ctx.read().await?).await?;
        Ok(Response::new(pb::GetOrgResponse { org: Some(org) }))
    }

    async fn update_org(&self, request: Request<pb::UpdateOrgRequest>) -> Result<Response<pb::UpdateOrgResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let patch = OrgPatch::parse(req.org, req.update_mask)?;
        let tx = ctx.write().await?;
        store::hold(&tx).await?;
        let before = store::org(&tx).await?;
        if before.version != patch.version {
            return Err(Error::conflict(&shown(&tx).await?).into());
        }
        store::update_org(&tx, &before, patch, ctx.now()).await?;
        let org = shown(&tx).await?;
        Ok(tx.commit(pb::UpdateOrgResponse { org: Some(org) }).await?)
    }

    async fn set_module(&self, request: Request<pb::SetModuleRequest>) -> Result<Response<pb::SetModuleResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let module = MODULES.into_iter().find(|name| *name == req.module);
        let module = module.ok_or_else(|| Error::invalid("module", format!("Choose one of these: {}.", MODULES.join(", "))))?;
        let tx = ctx.write().await?;
        store::hold(&tx).await?;
        let before = store::org(&tx).await?;
        store::set_module(&tx, &before, module, req.enabled, ctx.now()).await?;
        let org = shown(&tx).await?;
        Ok(tx.commit(pb::SetModuleResponse { org: Some(org) }).await?)
    }

    async fn get_second_factor_policy(
        &self,
        request: Request<pb::GetSecondFactorPolicyRequest>,
    ) -> Result<Response<pb::GetSecondFactorPolicyResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let policy = second_factor::policy(&ctx.read().await?).await?.into_pb();
        Ok(Response::new(pb::GetSecondFactorPolicyResponse { policy: Some(policy) }))
    }

    async fn set_second_factor_policy(
        &self,
        request: Request<pb::SetSecondFactorPolicyRequest>,
    ) -> Result<Response<pb::SetSecondFactorPolicyResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let tx = ctx.write().await?;
        store::hold(&tx).await?;
        let (org, before) = (store::org(&tx).await?, second_factor::policy(&tx).await?);
        second_factor::set_required(&tx, &org, req.required).await?;
        ctx.note_change("second_factor_required", json!(before.required), json!(req.required));
        let policy = second_factor::policy(&tx).await?.into_pb();
        Ok(tx.commit(pb::SetSecondFactorPolicyResponse { policy: Some(policy) }).await?)
    }
}

async fn shown(tx: &TenantDb) -> Result<pb::Org> {
    Ok(store::org(tx).await?.into_pb(store::modules(tx).await?))
}
