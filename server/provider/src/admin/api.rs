//! `streamflow.provider.v1.AdminService`.

use std::sync::Arc;

use serde_json::json;
use streamflow_kernel::{
    crypto::BlindIndex,
    ctx::{Ctx, SystemWriteDb},
    db::NO_ORG,
    device,
    error::{Error, Result},
    operator::support_end,
    session,
    session::Token,
};
use streamflow_proto::provider::{
    reason,
    v1::{self as pb, admin_service_server::AdminService},
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    domain::{self, Admin, AdminPatch, LINK_LIFETIME, NewAdmin},
    setup, store,
};

#[derive(Debug)]
pub struct Api {
    pub index: Arc<BlindIndex>,
}

#[tonic::async_trait]
impl AdminService for Api {
    async fn list_admins(&self, request: Request<pb::ListAdminsRequest>) -> Result<Response<pb::ListAdminsResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let me = ctx.principal()?.user_id;
        let rows = store::admins(&ctx.system_read().await?).await?;
        let mut admins = Vec::with_capacity(rows.len());
        for row in rows {
            admins.push(row.open(ctx.keys()).await?.into_pb(me));
        }
        Ok(Response::new(pb::ListAdminsResponse { admins }))
    }

    async fn create_admin(&self, request: Request<pb::CreateAdminRequest>) -> Result<Response<pb::CreateAdminResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let new = NewAdmin::parse(&req)?;
        let admin = Admin {
            id: ctx.new_id(),
            email: new.email,
            display_name: new.display_name,
            role: new.role.to_owned(),
            state: "INVITED".to_owned(),
            password_hash: String::new(),
            totp_secret: Vec::new(),
            created_at: ctx.now(),
            updated_at: ctx.now(),
            version: 1,
        };
        let (key, token) = (ctx.keys().current(NO_ORG).await?, ctx.new_token());
        let tx = ctx.system().await?;
        if !store::insert_admin(&tx, &key, &self.index, &admin, Some(link(&ctx, &token))).await? {
            return Err(Error::invalid("email", "Somebody with this address is in the list already.").into());
        }
        ctx.note_change("state", json!(null), json!(admin.state));
        let setup_url = setup_url(&ctx, &token);
        let admin = Some(admin.into_pb(ctx.principal()?.user_id));
        Ok(tx.commit(pb::CreateAdminResponse { admin, setup_url }).await?)
    }

    async fn update_admin(&self, request: Request<pb::UpdateAdminRequest>) -> Result<Response<pb::UpdateAdminResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let patch = AdminPatch::parse(&req)?;
        let before = admin(&ctx, patch.id).await?;
        let key = ctx.keys().current(NO_ORG).await?;
        let tx = ctx.system().await?;
        store::lock(&tx).await?;
        let steps_down = before.is_active() && before.role == "ADMIN" && patch.role != "ADMIN";
        if steps_down && !store::has_other_admin(&tx, before.id).await? {
            return Err(domain::last_admin().into());
        }
        let after =
            Admin { display_name: patch.display_name, role: patch.role.to_owned(), updated_at: ctx.now(), ..before.clone() };
        if !store::update_admin(&tx, &key, &after, patch.version).await? {
            return Err(domain::changed_meanwhile().into());
        }
        if before.role == "ADMIN" && after.role != "ADMIN" {
            // Requests of theirs that wait in line were let in as an administrator's; they look at the session once more.
            session::end_all(&tx, before.id, None, ctx.now()).await?;
            support_end::shut_out(&tx, ctx.jobs(), before.id).await?;
        }
        if before.role != after.role {
            ctx.note_change("role", json!(before.role), json!(after.role));
        }
        if before.display_name != after.display_name {
            // Names stay out of the audit.
            ctx.note_change("display_name", json!("****"), json!("****"));
        }
        let admin = Some(Admin { version: patch.version + 1, ..after }.into_pb(ctx.principal()?.user_id));
        let response = tx.commit(pb::UpdateAdminResponse { admin }).await?;
        ctx.jobs().wake();
        Ok(response)
    }

    async fn disable_admin(
        &self,
        request: Request<pb::DisableAdminRequest>,
    ) -> Result<Response<pb::DisableAdminResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = domain::target(&req.id, req.version)?;
        let me = ctx.principal()?.user_id;
        if id == me {
            return Err(Error::refused(reason::YOURSELF, "You can't disable yourself. Ask another administrator.").into());
        }
        let before = admin(&ctx, id).await?;
        let tx = ctx.system().await?;
        store::lock(&tx).await?;
        if before.role == "ADMIN" && !store::has_other_admin(&tx, id).await? {
            return Err(domain::last_admin().into());
        }
        if !store::disable_admin(&tx, id, req.version, ctx.now()).await? {
            return Err(domain::changed_meanwhile().into());
        }
        shut_out(&ctx, &tx, id).await?;
        ctx.note_change("state", json!(before.state), json!("DISABLED"));
        let after = Admin { state: "DISABLED".to_owned(), updated_at: ctx.now(), version: req.version + 1, ..before };
        let response = tx.commit(pb::DisableAdminResponse { admin: Some(after.into_pb(me)) }).await?;
        ctx.jobs().wake();
        Ok(response)
    }

    async fn reset_admin(&self, request: Request<pb::ResetAdminRequest>) -> Result<Response<pb::ResetAdminResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = domain::target(&req.id, req.version)?;
        let me = ctx.principal()?.user_id;
        let before = admin(&ctx, id).await?;
        let token = ctx.new_token();
        let tx = ctx.system().await?;
        store::lock(&tx).await?;
        if before.is_active() && before.role == "ADMIN" && !store::has_other_admin(&tx, id).await? {
            return Err(domain::last_admin().into());
        }
        if !store::reset_admin(&tx, id, req.version, link(&ctx, &token), ctx.now()).await? {
            return Err(domain::changed_meanwhile().into());
        }
        shut_out(&ctx, &tx, id).await?;
        ctx.note_change("state", json!(before.state), json!("INVITED"));
        ctx.note_change("password", json!("****"), json!(""));
        ctx.note_change("second_factor", json!("****"), json!(""));
        let setup_url = setup_url(&ctx, &token);
        let after = Admin { state: "INVITED".to_owned(), updated_at: ctx.now(), version: req.version + 1, ..before };
        let response = tx.commit(pb::ResetAdminResponse { admin: Some(after.into_pb(me)), setup_url }).await?;
        ctx.jobs().wake();
        Ok(response)
    }

    async fn begin_setup(&self, request: Request<pb::BeginSetupRequest>) -> Result<Response<pb::BeginSetupResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        Ok(setup::begin(&ctx, &req.token).await?)
    }

    async fn finish_setup(&self, request: Request<pb::FinishSetupRequest>) -> Result<Response<pb::FinishSetupResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        Ok(setup::finish(&ctx, req).await?)
    }
}

async fn admin(ctx: &Ctx, id: Uuid) -> Result<Admin> {
    let row = store::admin(&ctx.system_read().await?, id).await?;
    row.ok_or_else(|| Error::not_found("person"))?.open(ctx.keys()).await
}

/// Sessions, here and in companies, and known devices of somebody who may not come in as before.
async fn shut_out(ctx: &Ctx, tx: &SystemWriteDb, id: Uuid) -> Result<()> {
    session::end_all(tx, id, None, ctx.now()).await?;
    support_end::shut_out(tx, ctx.jobs(), id).await?;
    device::forget_all(tx, id).await
}

fn link(ctx: &Ctx, token: &Token) -> store::Link {
    store::Link { hash: token.hash(), expires_at: ctx.now() + LINK_LIFETIME }
}

fn setup_url(ctx: &Ctx, token: &Token) -> String {
    format!("{}/set-up#token={}", ctx.public_url(), token.reveal())
}
