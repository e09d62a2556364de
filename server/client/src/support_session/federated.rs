//! `streamflow.federation.v1.SupportService`. Who calls is known by its signature; what it says of its people is theirs to show, and
//! gives no rights here.

use serde_json::json;
use streamflow_kernel::{
    ctx::{Ctx, SUPPORT_ROLE, Subject, SystemWriteDb},
    error::{Error, Result},
    ids::{self, prefix},
};
use streamflow_proto::{
    federation::v1::{self as pb, support_service_server::SupportService},
    reason::Reason,
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    domain::{Ask, Asker, EndOf, Ending, Opening, State, TO_DECIDE, TO_OPEN, missing, parse_id},
    end::end,
    store::{self, Row},
    tell::{Event, Teller},
};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl SupportService for Api {
    async fn request_support(
        &self,
        request: Request<pb::RequestSupportRequest>,
    ) -> Result<Response<pb::RequestSupportResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let ask = Ask::parse(&req)?;
        let tx = ctx.system().await?;
        let (org, ask_first) = store::company(&tx, &req.tenant_id).await?.ok_or(Error::not_found("company"))?;
        let (state, time, event) =
            if ask_first { (State::Requested, TO_DECIDE, Event::Requested) } else { (State::Accepted, TO_OPEN, Event::Allowed) };
        let (id, system) = (ctx.new_id(), &ctx.principal()?.role);
        store::insert(&tx, (org, id), system, &ask, state, [ctx.now(), ctx.now() + time]).await?;
        let row = store::of_org(&tx, org, id).await?.ok_or_else(missing)?;
        Teller::of(&ctx).tell(&tx, &row, event).await?;
        let reply = pb::RequestSupportResponse { support: Some(row.into_federated(ctx.now())) };
        let response = tx.commit_for(subject(org, ask.asker), reply).await?;
        ctx.jobs().wake();
        Ok(response)
    }

    async fn list_support(&self, request: Request<pb::ListSupportRequest>) -> Result<Response<pb::ListSupportResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let rows = store::newest_of_system(&ctx.system_read().await?, &ctx.principal()?.role, &req.tenant_id).await?;
        let supports = rows.into_iter().map(|row| row.into_federated(ctx.now())).collect();
        Ok(Response::new(pb::ListSupportResponse { supports }))
    }

    async fn take_support_opening(
        &self,
        request: Request<pb::TakeSupportOpeningRequest>,
    ) -> Result<Response<pb::TakeSupportOpeningResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let opening = Opening::parse(&req, ctx.now())?;
        let tx = ctx.system().await?;
        let row = own(&ctx, &tx, &req.support_session_id, Some(opening.person_id)).await?;
        let secret = ctx.new_token();
        if !store::put_secret(&tx, &row, secret.hash(), &opening, ctx.now()).await? {
            let text = "This request is not accepted, or its link was given out before. Ask the company anew.";
            return Err(Error::refused(Reason::NO_OPENING, text).into());
        }
        let url = format!("{}/support-session#{}", ctx.public_url(), secret.reveal());
        let who = subject(row.org_id, Asker { id: row.person_id, name: row.person_name });
        Ok(tx.commit_for(who, pb::TakeSupportOpeningResponse { url }).await?)
    }

    async fn end_support(&self, request: Request<pb::EndSupportRequest>) -> Result<Response<pb::EndSupportResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let asker = Asker::parse(&req.person_id, &req.person_name)?;
        let tx = ctx.system().await?;
        let row = own(&ctx, &tx, &req.support_session_id, None).await?;
        let org = row.org_id;
        if !row.state(ctx.now()).is_over() {
            end(&tx, Teller::of(&ctx), org, row.id, Ending::Person).await?;
        }
        let row = store::of_org(&tx, org, row.id).await?.ok_or_else(missing)?;
        let reply = pb::EndSupportResponse { support: Some(row.into_federated(ctx.now())) };
        let response = tx.commit_for(subject(org, asker), reply).await?;
        ctx.jobs().wake();
        Ok(response)
    }

    async fn end_support_of(
        &self,
        request: Request<pb::EndSupportOfRequest>,
    ) -> Result<Response<pb::EndSupportOfResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let which = EndOf::parse(&req)?;
        let tx = ctx.system().await?;
        let mut ended = 0;
        for (org, id) in store::going_on(&tx, &ctx.principal()?.role, &which, ctx.now()).await? {
            if let Some(row) = end(&tx, Teller::of(&ctx), org, id, which.why).await? {
                let id = ids::format(prefix::SUPPORT_SESSION, row.id);
                tx.audit_about(org, &json!({ "support_session_id": id, "why": which.why.as_str() })).await?;
                ended += 1;
            }
        }
        let response = tx.commit(pb::EndSupportOfResponse { ended }).await?;
        ctx.jobs().wake();
        Ok(response)
    }
}

/// One that the calling system asked for, and where `person` is given, that person of it.
async fn own(ctx: &Ctx, tx: &SystemWriteDb, id: &str, person: Option<Uuid>) -> Result<Row> {
    let row = store::of_system(tx, &ctx.principal()?.role, parse_id(id)?).await?.ok_or_else(missing)?;
    if person.is_some_and(|person| person != row.person_id) { Err(missing()) } else { Ok(row) }
}

/// Who did it, in the company's own audit.
pub fn subject(org_id: Uuid, asker: Asker) -> Subject {
    Subject { org_id, user_id: Some(asker.id), name: asker.name, role: SUPPORT_ROLE.to_owned(), real_actor_id: Some(asker.id) }
}
