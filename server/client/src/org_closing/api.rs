//! `streamflow.client.v1.OrgClosingService`.

use chrono::TimeDelta;
use serde_json::json;
use streamflow_kernel::{
    clock::timestamp,
    ctx::{Ctx, SystemWriteDb},
    error::{Error, Result, Violations},
    feed::{Audience, Change, Op},
};
use streamflow_proto::client::{
    reason,
    v1::{self as pb, org_closing_service_server::OrgClosingService},
};
use tonic::{Request, Response, Status};

use super::{
    job, mail,
    store::{self, Closing},
};
use crate::{
    account::api::is_current_password,
    session::{api::account, factor},
    tenant::tell,
};

#[derive(Debug)]
pub struct Api {
    /// How long it can be taken back.
    pub grace: TimeDelta,
}

#[tonic::async_trait]
impl OrgClosingService for Api {
    async fn get_closing(&self, request: Request<pb::GetClosingRequest>) -> Result<Response<pb::GetClosingResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let closing = store::closing(&ctx.system_read().await?, ctx.principal()?.org_id).await?;
        Ok(Response::new(pb::GetClosingResponse { closing: closing.map(Closing::into_pb) }))
    }

    async fn close_org(&self, request: Request<pb::CloseOrgRequest>) -> Result<Response<pb::CloseOrgResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let me = ctx.principal()?;
        confirm(&ctx, &req).await?;
        let due = ctx.now() + self.grace;
        let db = ctx.system().await?;
        if !store::insert_closing(&db, me.org_id, me.user_id, ctx.now(), due).await? {
            return Err(Error::refused(reason::CLOSING, "It was asked for already; the page shows when.").into());
        }
        job::put(&db, ctx.jobs(), me.org_id, due).await?;
        for owner in store::owners(&db, me.org_id).await? {
            let mail = mail::closing(&owner, &me.org.name, &me.display_name, due, ctx.public_url());
            ctx.mails().put(&db, Some(me.org_id), mail).await?;
        }
        ctx.note_change("state", json!("active"), json!("closing"));
        announce(&ctx, &db, "closing", json!({ "due_at": due })).await?;
        let closing = pb::Closing { asked_at: timestamp(ctx.now()), asked_by: me.display_name.clone(), due_at: timestamp(due) };
        let response = db.commit(pb::CloseOrgResponse { closing: Some(closing) }).await?;
        ctx.jobs().wake();
        ctx.mails().wake();
        Ok(response)
    }

    async fn cancel_closing(
        &self,
        request: Request<pb::CancelClosingRequest>,
    ) -> Result<Response<pb::CancelClosingResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let db = ctx.system().await?;
        if !store::cancel(&db, ctx.principal()?.org_id, ctx.now()).await? {
            return Err(Error::refused(reason::NOT_CLOSING, "There is nothing to take back.").into());
        }
        ctx.note_change("state", json!("closing"), json!("active"));
        announce(&ctx, &db, "closing_cancelled", json!({})).await?;
        let response = db.commit(pb::CancelClosingResponse {}).await?;
        ctx.jobs().wake();
        Ok(response)
    }
}

/// The name typed by hand, the password, and a code that is good once: whoever found an open page can't do this.
async fn confirm(ctx: &Ctx, req: &pb::CloseOrgRequest) -> Result<()> {
    let me = ctx.principal()?;
    let user = account(ctx, me).await?;
    let mut wrong = Violations::new();
    if req.name.trim() != me.org.name.trim() {
        wrong.add("name", "Type the company's name exactly as it is written here.");
    }
    if !is_current_password(ctx, &user, &req.current_password).await? {
        wrong.add("current_password", "That is not your current password.");
    }
    wrong.into_result()?;
    factor::check(ctx, &user, &req.code).await
}

/// Open pages hear of it, and so does the system that hears of companies.
async fn announce(ctx: &Ctx, db: &SystemWriteDb, kind: &str, details: serde_json::Value) -> Result<()> {
    let me = ctx.principal()?;
    store::touch(db, me.org_id, ctx.now()).await?;
    let fields = vec!["closing".to_owned()];
    let change = Change { entity: "org", id: me.org_id, version: 1, op: Op::Updated, fields, audience: Audience::EVERYONE };
    db.append_changes(me.org_id, &ctx.actor(), &[change]).await?;
    let tenant_id = me.org.tenant_id.clone();
    let told = tell::Told { id: ctx.new_id(), kind: kind.to_owned(), at: ctx.now(), tenant_id, details };
    tell::put(db, ctx.jobs(), &told).await
}
