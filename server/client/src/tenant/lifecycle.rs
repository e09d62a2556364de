//! `streamflow.federation.v1.TenantLifecycleService`. The state, the news for open pages, the audit and the job that tells of it are one
//! transaction.

use serde_json::json;
use streamflow_kernel::{
    clock::timestamp,
    ctx::{Ctx, SystemWriteDb},
    error::{Error, Result},
    feed::{Actor, Audience, Change, Op, watch::SUSPENSION},
};
use streamflow_proto::federation::v1::{self as pb, tenant_lifecycle_service_server::TenantLifecycleService};
use tonic::{Request, Response, Status};

use super::{
    api::into_pb,
    domain::Words,
    store::{self, Tenant},
    tell,
};
use crate::registration::federated;

/// As the system calls them that shows where companies stand.
const ACTIVE: &str = "ACTIVE";
const SUSPENDED: &str = "SUSPENDED";

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl TenantLifecycleService for Api {
    async fn suspend_tenant(
        &self,
        request: Request<pb::SuspendTenantRequest>,
    ) -> Result<Response<pb::SuspendTenantResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let words = Words::parse(&req)?;
        let tx = ctx.system().await?;
        let changed = store::suspend(&tx, &req.tenant_id, &words, ctx.now()).await?;
        let tenant = tenant(&tx, &req.tenant_id).await?;
        let org = tenant.id;
        if changed {
            ctx.note_change("state", json!(ACTIVE), json!(SUSPENDED));
            announce(&ctx, &tx, &tenant, "suspended", json!({ "reason": words.reason })).await?;
        }
        let reply = pb::SuspendTenantResponse { changed, tenant: Some(into_pb(tenant)), as_of: timestamp(ctx.now()) };
        let response = if changed { tx.commit_about(org, reply).await? } else { tx.commit(reply).await? };
        ctx.jobs().wake();
        Ok(response)
    }

    async fn resume_tenant(
        &self,
        request: Request<pb::ResumeTenantRequest>,
    ) -> Result<Response<pb::ResumeTenantResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let tx = ctx.system().await?;
        let changed = store::resume(&tx, &req.tenant_id, ctx.now()).await?;
        let tenant = tenant(&tx, &req.tenant_id).await?;
        let org = tenant.id;
        if changed {
            ctx.note_change("state", json!(SUSPENDED), json!(ACTIVE));
            announce(&ctx, &tx, &tenant, "resumed", json!({})).await?;
        }
        let reply = pb::ResumeTenantResponse { changed, tenant: Some(into_pb(tenant)), as_of: timestamp(ctx.now()) };
        let response = if changed { tx.commit_about(org, reply).await? } else { tx.commit(reply).await? };
        ctx.jobs().wake();
        Ok(response)
    }

    async fn retry_registration(
        &self,
        request: Request<pb::RetryRegistrationRequest>,
    ) -> Result<Response<pb::RetryRegistrationResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        Ok(federated::retry(&ctx, req).await?)
    }
}

async fn tenant(tx: &SystemWriteDb, tenant_id: &str) -> Result<Tenant> {
    store::tenant(tx, tenant_id).await?.ok_or(Error::not_found("company"))
}

/// Open pages hear of it, and so does the system that hears of companies.
async fn announce(ctx: &Ctx, tx: &SystemWriteDb, tenant: &Tenant, kind: &str, details: serde_json::Value) -> Result<()> {
    let change = Change {
        entity: "org",
        id: tenant.id,
        version: tenant.version,
        op: Op::Updated,
        fields: vec![SUSPENSION.to_owned()],
        audience: Audience::EVERYONE,
    };
    let nobody = Actor { id: None, name: String::new(), at: ctx.now() };
    tx.append_changes(tenant.id, &nobody, &[change]).await?;
    let event =
        tell::Told { id: ctx.new_id(), kind: kind.to_owned(), at: ctx.now(), tenant_id: tenant.tenant_id.clone(), details };
    tell::put(tx, ctx.jobs(), &event).await
}
