//! `streamflow.client.v1.SessionService`.

use chrono::{DateTime, Utc};
use streamflow_kernel::{
    clock::timestamp,
    ctx::{Ctx, Principal},
    db::SystemDb,
    device,
    error::{Error, Result},
    feed::{self, Cursor},
    ids,
    list::ListRequest,
    lockout::Guesses,
    session::{self, Ended, Holder, Level, Token},
};
use streamflow_proto::{
    access,
    client::{
        reason,
        v1::{self as pb, session_service_server::SessionService},
    },
    common::v1::{Identity, PageInfo},
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{entry::Entry, factor, switch};
use crate::{
    template::read::MODULES,
    user::{
        domain::{attempts_key, canonical_email, comparable_password, subject, wrong_credentials},
        store::{self, Membership, User},
    },
};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl SessionService for Api {
    async fn sign_in(&self, request: Request<pb::SignInRequest>) -> Result<Response<pb::SignInResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let (user, membership) = check_password(&ctx, &req).await?;
        let db = ctx.system().await?;
        // What was true when the password was checked may not be any more.
        let held = store::held(&db, user.id, membership.org_id).await?;
        let held = held.filter(|(now, _)| now.password_hash == user.password_hash);
        let (user, membership) = held.ok_or_else(wrong_credentials)?;
        let entry = Entry::open(&db, &ctx, &user, &membership).await?;
        let reply = pb::SignInResponse { second_factor: entry.second_factor.into(), token: entry.shown(req.return_token) };
        let response = db.commit(reply).await?;
        entry.answer(&ctx, response)
    }

    async fn verify_second_factor(
        &self,
        request: Request<pb::VerifySecondFactorRequest>,
    ) -> Result<Response<pb::VerifySecondFactorResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        let user = account(&ctx, principal).await?;
        if user.totp_confirmed_at.is_none() {
            return Err(Error::refused(reason::ENROLMENT_NEEDED, "Set up an authenticator first.").into());
        }
        factor::check(&ctx, &user, &req.code).await?;
        let db = ctx.system().await?;
        let (token, device) = promote(&db, &ctx, principal).await?;
        let response = db.commit(pb::VerifySecondFactorResponse { token: shown(&token, req.return_token) }).await?;
        let mut response = answer_with_token(&ctx, response, &token)?;
        device::set_cookie(response.metadata_mut(), &ctx, &device)?;
        Ok(response)
    }

    async fn sign_out(&self, request: Request<pb::SignOutRequest>) -> Result<Response<pb::SignOutResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        let db = ctx.system().await?;
        session::end(&db, principal.session_id, principal.user_id, ctx.now()).await?;
        announce_end(&db, &ctx, principal.org_id, principal.session_id).await?;
        let mut response = db.commit(pb::SignOutResponse {}).await?;
        session::clear_cookie(response.metadata_mut(), &ctx)?;
        Ok(response)
    }

    async fn sign_out_everywhere(
        &self,
        request: Request<pb::SignOutEverywhereRequest>,
    ) -> Result<Response<pb::SignOutEverywhereResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        let db = ctx.system().await?;
        // Whoever signs in or goes on elsewhere at this moment did so before, or will after.
        store::hold(&db, principal.user_id).await?;
        device::forget_all(&db, principal.user_id).await?;
        let ended = session::end_all(&db, principal.user_id, None, ctx.now()).await?;
        for ended in ended.iter().filter(|ended| ended.expires_at > ctx.now()) {
            announce(&db, &ctx, ended).await?;
        }
        let reply = pb::SignOutEverywhereResponse { ended: i32::try_from(ended.len()).unwrap_or(i32::MAX) };
        let mut response = db.commit(reply).await?;
        session::clear_cookie(response.metadata_mut(), &ctx)?;
        Ok(response)
    }

    async fn me(&self, request: Request<pb::MeRequest>) -> Result<Response<pb::MeResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        Ok(Response::new(describe(ctx.principal()?, ctx.now(), ctx.feed_position())))
    }

    async fn list_orgs(&self, request: Request<pb::ListOrgsRequest>) -> Result<Response<pb::ListOrgsResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        let orgs = store::person_orgs(&ctx.system_read().await?, principal.user_id).await?;
        let orgs = orgs.into_iter().map(|org| switch::into_pb(org, principal.org_id)).collect();
        Ok(Response::new(pb::ListOrgsResponse { orgs }))
    }

    async fn switch_org(&self, request: Request<pb::SwitchOrgRequest>) -> Result<Response<pb::SwitchOrgResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        let db = ctx.system().await?;
        let (user, entered) = switch::entered(&db, principal, &req.tenant_id).await?;
        let (level, second_factor) = switch::what_is_left(&user, &entered);
        let holder = Holder { user_id: user.id, org_id: entered.org_id, level };
        let token = session::replace(&db, &ctx, principal, holder).await?;
        announce_end(&db, &ctx, principal.org_id, principal.session_id).await?;
        let reply = pb::SwitchOrgResponse { second_factor: second_factor.into(), token: shown(&token, req.return_token) };
        let response = db.commit_entering(subject(&user, Some(&entered)), reply).await?;
        answer_with_token(&ctx, response, &token)
    }

    async fn list_sessions(
        &self,
        request: Request<pb::ListSessionsRequest>,
    ) -> Result<Response<pb::ListSessionsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let list = session::LIST.read(ListRequest::page(req.page_size, &req.page_token)).map_err(Error::from)?;
        let principal = ctx.principal()?;
        let db = ctx.system_read().await?;
        let (sessions, next_page_token) = session::live(&db, &ctx, principal.user_id, &list).await?;
        let sessions = sessions
            .into_iter()
            .map(|live| pb::Session {
                id: ids::format(ids::prefix::SESSION, live.id),
                created_at: timestamp(live.created_at),
                last_seen_at: timestamp(live.last_seen_at),
                expires_at: timestamp(live.expires_at),
                ip: live.ip,
                user_agent: live.user_agent,
                current: live.id == principal.session_id,
            })
            .collect();
        let page = PageInfo { next_page_token, ..PageInfo::default() };
        Ok(Response::new(pb::ListSessionsResponse { sessions, page: Some(page) }))
    }

    async fn revoke_session(
        &self,
        request: Request<pb::RevokeSessionRequest>,
    ) -> Result<Response<pb::RevokeSessionResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        let id = ids::parse(ids::prefix::SESSION, &req.session_id).ok_or(Error::not_found("session"))?;
        let db = ctx.system().await?;
        let ended = session::end(&db, id, principal.user_id, ctx.now()).await?;
        announce(&db, &ctx, &ended.ok_or(Error::not_found("session"))?).await?;
        Ok(db.commit(pb::RevokeSessionResponse {}).await?)
    }
}

/// The person and the company a right e-mail and password lead to. Unknown people cost the same time as wrong passwords: the statements
/// are the same.
async fn check_password(ctx: &Ctx, req: &pb::SignInRequest) -> Result<(User, Membership)> {
    let (email, password) = (canonical_email(&req.email), comparable_password(&req.password));
    let db = ctx.system_read().await?;
    let user = store::user_by_email(&db, &email).await?;
    let user_id = user.as_ref().map(|user| user.id).unwrap_or_default();
    let membership = store::usual_membership(&db, user_id).await?;
    let device = device::known(ctx, &db, user_id).await?;
    drop(db);
    if let Some(user) = &user {
        ctx.about(subject(user, membership.as_ref()));
    }
    let guesses = Guesses::new(ctx, attempts_key(&email), device.as_deref());
    guesses.count(ctx).await?;
    let usable = user.filter(|user| user.disabled_at.is_none()).zip(membership);
    let Some((mut user, membership)) = usable else {
        ctx.passwords().verify_dummy(password).await?;
        return Err(wrong_credentials());
    };
    let verdict = ctx.passwords().verify(password, &user.password_hash).await?;
    if !verdict.ok {
        return Err(wrong_credentials());
    }
    guesses.forget(ctx).await?;
    if verdict.needs_rehash {
        let hash = ctx.passwords().hash(&req.password).await?;
        let db = ctx.system_apart().await?;
        store::rehash_password(&db, &user, &hash).await?;
        db.commit().await?;
        user.password_hash = hash;
    }
    Ok((user, membership))
}

/// The account behind a session.
pub async fn account(ctx: &Ctx, principal: &Principal) -> Result<User> {
    let db = ctx.system_read().await?;
    store::user(&db, principal.user_id).await?.ok_or(Error::not_found("account"))
}

/// Replaces a session by a full one with a new id, and remembers the device. Returns the tokens of both.
pub async fn promote(db: &SystemDb, ctx: &Ctx, principal: &Principal) -> Result<(Token, Token)> {
    let token = session::renew(db, ctx, principal).await?;
    let device = device::remember(ctx, db, principal.user_id).await?;
    Ok((token, device))
}

async fn announce(db: &SystemDb, ctx: &Ctx, ended: &Ended) -> Result<()> {
    match ended.org_id {
        Some(org_id) => announce_end(db, ctx, org_id, ended.id).await,
        None => Ok(()),
    }
}

/// Open pages of a session of the request's person end with it. They listen to the session's company.
async fn announce_end(db: &SystemDb, ctx: &Ctx, org_id: Uuid, session_id: Uuid) -> Result<()> {
    let change = feed::Change {
        entity: "session",
        id: session_id,
        version: 1,
        op: feed::Op::Deleted,
        fields: Vec::new(),
        audience: feed::Audience::people(Some(ctx.principal()?.user_id), None, None),
    };
    db.append_changes(org_id, &ctx.actor(), &[change]).await
}

pub fn shown(token: &Token, asked: bool) -> String {
    if asked { token.reveal().to_owned() } else { String::new() }
}

pub fn answer_with_token<T>(ctx: &Ctx, mut response: Response<T>, token: &Token) -> Result<Response<T>, Status> {
    session::set_cookie(response.metadata_mut(), ctx, token)?;
    Ok(response)
}

fn describe(principal: &Principal, now: DateTime<Utc>, cursor: Cursor) -> pb::MeResponse {
    let trial_ended = principal.org.is_trial_over(now);
    let full = principal.level == Level::Full;
    let second_factor = match (full, principal.second_factor) {
        (true, _) => pb::SecondFactorState::Done,
        (false, true) => pb::SecondFactorState::CodeNeeded,
        (false, false) => pb::SecondFactorState::EnrolmentNeeded,
    };
    let mut permissions: Vec<String> = access::CLIENT
        .iter()
        .filter(|access| full && access.roles.contains(&principal.role.as_str()))
        .filter(|access| principal.org.has_module(access.module) && principal.org.admits(access))
        .filter(|access| principal.support.is_none() || access.support)
        .filter(|access| !access.mutation || access.own_affairs || !principal.read_only)
        .filter(|access| !access.mutation || access.own_affairs || access.after_trial || !trial_ended)
        .map(|access| access.permission.to_owned())
        .collect();
    permissions.sort_unstable();
    permissions.dedup();
    let org_id = ids::format(ids::prefix::ORG, principal.org_id);
    pb::MeResponse {
        cursor: cursor.to_string(),
        user: Some(Identity {
            id: ids::format(ids::prefix::USER, principal.user_id),
            org_id,
            tenant_id: principal.org.tenant_id.clone(),
            space: "client".to_owned(),
            roles: vec![principal.role.clone()],
            display_name: principal.display_name.clone(),
            email: principal.email.clone(),
        }),
        second_factor: second_factor.into(),
        permissions,
        org_name: principal.org.name.clone(),
        tenant_id: principal.org.tenant_id.clone(),
        read_only: principal.read_only,
        role: pb::Role::from_str_name(&format!("ROLE_{}", principal.role)).unwrap_or_default().into(),
        team_ids: principal.team_ids.iter().map(|id| ids::format(ids::prefix::TEAM, *id)).collect(),
        time_zone: principal.org.time_zone.clone(),
        currency_code: principal.org.currency_code.clone(),
        has_authenticator: principal.second_factor,
        modules: MODULES.into_iter().filter(|name| principal.org.has_module(name)).map(str::to_owned).collect(),
        trial_ends_at: principal.org.trial_ends_at.and_then(timestamp),
        trial_ended,
        suspension: principal.org.suspension.as_ref().map(|suspension| pb::Suspension {
            since: timestamp(suspension.since),
            reason: suspension.reason.clone(),
            contact: suspension.contact.clone(),
        }),
        support: principal.support.map(|_| pb::SupportPerson {
            display_name: principal.display_name.clone(),
            expires_at: timestamp(principal.expires_at),
        }),
    }
}
