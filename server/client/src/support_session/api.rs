//! `streamflow.client.v1.SupportSessionService`.

use chrono::TimeDelta;
use serde_json::json;
use streamflow_kernel::{
    ctx::{Ctx, SystemWriteDb},
    error::{Error, Result},
    session::{self, Holder, Level, hash_token},
};
use streamflow_proto::{
    client::{
        reason,
        v1::{self as pb, support_session_service_server::SupportSessionService},
    },
    reason::Reason,
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    domain::{Asker, Ending, State, missing, parse_id},
    end::end,
    federated::subject,
    store::{self, Row},
    tell::{Event, Teller},
    timeout,
};
use crate::session::api::{answer_with_token, shown};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl SupportSessionService for Api {
    async fn open_support_session(
        &self,
        request: Request<pb::OpenSupportSessionRequest>,
    ) -> Result<Response<pb::OpenSupportSessionResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let tx = ctx.system().await?;
        let gone = || Error::refused(Reason::LINK_USED, "This link has been used, or its time is up. Ask the company anew.");
        let row = store::by_secret(&tx, hash_token(&req.secret), ctx.now()).await?.ok_or_else(gone)?;
        ctx.about(subject(row.org_id, Asker { id: row.person_id, name: row.person_name.clone() }));
        let whole = ctx.now() + TimeDelta::minutes(row.minutes.into());
        let until = row.not_after.map_or(whole, |right_ends| right_ends.min(whole));
        let holder = Holder { user_id: row.id, org_id: row.org_id, level: Level::Full };
        let (session_id, token) = session::open_until(&tx, &ctx, holder, until).await?;
        if !store::open(&tx, &row, session_id, until, ctx.now()).await? {
            return Err(gone().into());
        }
        Teller::of(&ctx).tell(&tx, &row, Event::Opened).await?;
        timeout::put(&tx, ctx.jobs(), &row, until).await?;
        let reply = pb::OpenSupportSessionResponse { tenant_id: row.tenant_id, token: shown(&token, req.return_token) };
        let response = tx.commit(reply).await?;
        ctx.jobs().wake();
        answer_with_token(&ctx, response, &token)
    }

    async fn leave_support_session(
        &self,
        request: Request<pb::LeaveSupportSessionRequest>,
    ) -> Result<Response<pb::LeaveSupportSessionResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        if principal.support.is_none() {
            return Err(Error::refused(reason::NO_SUPPORT_SESSION, "This is no support session.").into());
        }
        let tx = ctx.system().await?;
        end(&tx, Teller::of(&ctx), principal.org_id, principal.user_id, Ending::Person).await?;
        let mut response = tx.commit(pb::LeaveSupportSessionResponse {}).await?;
        ctx.jobs().wake();
        session::clear_cookie(response.metadata_mut(), &ctx)?;
        Ok(response)
    }

    async fn list_support_sessions(
        &self,
        request: Request<pb::ListSupportSessionsRequest>,
    ) -> Result<Response<pb::ListSupportSessionsResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let (db, org) = (ctx.system_read().await?, ctx.principal()?.org_id);
        let rows = store::newest(&db, org).await?;
        let support_sessions = rows.into_iter().map(|row| row.into_pb(ctx.now())).collect();
        let ask_first = store::asks_first(&db, org).await?;
        Ok(Response::new(pb::ListSupportSessionsResponse { support_sessions, ask_first }))
    }

    async fn decide_support_session(
        &self,
        request: Request<pb::DecideSupportSessionRequest>,
    ) -> Result<Response<pb::DecideSupportSessionResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let (id, principal) = (parse_id(&req.support_session_id)?, ctx.principal()?);
        if req.accept {
            principal.check_may_change()?;
        }
        let tx = ctx.system().await?;
        let before = row(&tx, principal.org_id, id).await?;
        if !store::decide(&tx, principal.org_id, id, req.accept, principal.user_id, ctx.now()).await? {
            return Err(Error::refused(reason::DECIDED, "This request does not wait for an answer any more.").into());
        }
        let event = if req.accept { Event::Accepted } else { Event::Refused };
        Teller::of(&ctx).tell(&tx, &before, event).await?;
        ctx.note_change("state", json!("REQUESTED"), json!(if req.accept { "ACCEPTED" } else { "REFUSED" }));
        let after = row(&tx, principal.org_id, id).await?.into_pb(ctx.now());
        let response = tx.commit(pb::DecideSupportSessionResponse { support_session: Some(after) }).await?;
        ctx.jobs().wake();
        Ok(response)
    }

    async fn end_support_session(
        &self,
        request: Request<pb::EndSupportSessionRequest>,
    ) -> Result<Response<pb::EndSupportSessionResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let (id, org) = (parse_id(&req.support_session_id)?, ctx.principal()?.org_id);
        let tx = ctx.system().await?;
        let before = row(&tx, org, id).await?;
        if matches!(before.state(ctx.now()), State::Accepted | State::Open) {
            end(&tx, Teller::of(&ctx), org, id, Ending::Owner).await?;
        }
        let after = row(&tx, org, id).await?.into_pb(ctx.now());
        let response = tx.commit(pb::EndSupportSessionResponse { support_session: Some(after) }).await?;
        ctx.jobs().wake();
        Ok(response)
    }

    async fn set_support_consent(
        &self,
        request: Request<pb::SetSupportConsentRequest>,
    ) -> Result<Response<pb::SetSupportConsentResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let org = ctx.principal()?.org_id;
        let tx = ctx.system().await?;
        let before = store::asks_first(&tx, org).await?;
        store::set_ask_first(&tx, org, req.ask_first).await?;
        ctx.note_change("ask_first", json!(before), json!(req.ask_first));
        if req.ask_first {
            for row in store::ask_after_all(&tx, org, ctx.now()).await? {
                Teller::of(&ctx).tell(&tx, &row, Event::Requested).await?;
            }
        }
        let response = tx.commit(pb::SetSupportConsentResponse { ask_first: req.ask_first }).await?;
        ctx.jobs().wake();
        Ok(response)
    }
}

async fn row(tx: &SystemWriteDb, org: Uuid, id: Uuid) -> Result<Row> {
    store::of_org(tx, org, id).await?.ok_or_else(missing)
}
