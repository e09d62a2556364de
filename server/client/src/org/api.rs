//! `streamflow.client.v1.OrgService`.

use serde_json::json;
use streamflow_kernel::{
    ctx::Ctx,
    db::TenantDb,
    error::{Error, Result},
};
use streamflow_proto::client::v1::{self as pb, org_service_server::OrgService};
use tonic::{Request, Response, Status};

use super::{domain::OrgPatch, mail, second_factor, store};
use crate::{
    account::api::{answer, prove, renew_session},
    org_closing::store::owners,
    session::api::account,
    template::read::MODULES,
};

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
        let by_bearer = request.metadata().contains_key("authorization");
        let (ctx, req) = Ctx::enter(request)?;
        let me = ctx.principal()?;
        // Whoever got hold of a session must not open the company wider. Before it is known what holds: that may change until it is held.
        if !req.required {
            prove(&ctx, &account(&ctx, me).await?, &req.current_password, &req.code).await?;
        }
        let db = ctx.system().await?;
        let changed = second_factor::set_required(&db, me.org_id, &ctx.actor(), req.required).await?;
        ctx.note_change("second_factor_required", json!(req.required ^ changed), json!(req.required));
        let mut token = None;
        if changed {
            for owner in owners(&db, me.org_id).await? {
                let mail = mail::second_factor(&owner, &me.org.name, &me.display_name, req.required, ctx.public_url());
                ctx.mails().put(&db, Some(me.org_id), mail).await?;
            }
            if !req.required {
                token = renew_session(&db, &ctx, me, by_bearer).await?;
            }
        }
        let policy = second_factor::policy_of(&db, me.org_id).await?.into_pb();
        let response = db.commit(pb::SetSecondFactorPolicyResponse { policy: Some(policy) }).await?;
        ctx.mails().wake();
        answer(&ctx, response, token)
    }
}

async fn shown(tx: &TenantDb) -> Result<pb::Org> {
    Ok(store::org(tx).await?.into_pb(store::modules(tx).await?))
}
