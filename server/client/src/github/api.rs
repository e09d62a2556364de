//! `streamflow.client.v1.GithubService`.

use streamflow_kernel::{
    clock::timestamp,
    ctx::Ctx,
    error::{Error, Result},
};
use streamflow_proto::client::v1::{self as pb, github_service_server::GithubService};
use tonic::{Request, Response, Status};

use super::{
    attempt,
    domain::{Answer, as_failed_sign_in, connected_already, kept_by_browser, not_connected, off, taken},
    mail,
    site::{Account, Github},
    store::{self, Connection},
};
use crate::{
    account::{
        api::{answer, prove, renew_session},
        store as effects,
    },
    session::{api::account, entry::Entry},
    user::{
        domain::subject,
        store::{self as users, Membership, User},
    },
};

#[derive(Debug)]
pub struct Api {
    /// None where the operator has set up none.
    pub github: Option<Github>,
}

#[tonic::async_trait]
impl GithubService for Api {
    async fn get_github_sign_in(
        &self,
        request: Request<pb::GetGithubSignInRequest>,
    ) -> Result<Response<pb::GetGithubSignInResponse>, Status> {
        Ctx::enter(request)?;
        Ok(Response::new(pb::GetGithubSignInResponse { offered: self.github.is_some() }))
    }

    async fn begin_github_sign_in(
        &self,
        request: Request<pb::BeginGithubSignInRequest>,
    ) -> Result<Response<pb::BeginGithubSignInResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let github = self.github()?;
        let db = ctx.system().await?;
        let begun = attempt::begin(&db, &ctx, github, None).await?;
        let reply = pb::BeginGithubSignInResponse { authorize_url: begun.authorize_url.clone() };
        let mut response = db.commit(reply).await?;
        begun.set_cookie(response.metadata_mut())?;
        Ok(response)
    }

    async fn finish_github_sign_in(
        &self,
        request: Request<pb::FinishGithubSignInRequest>,
    ) -> Result<Response<pb::FinishGithubSignInResponse>, Status> {
        let browser = kept_by_browser(request.metadata());
        let (ctx, req) = Ctx::enter(request)?;
        let (github, came) = (self.github()?, Answer::parse(req.code, req.state)?);
        let account = attempt::finish(&ctx, github, browser, &came, None).await.map_err(as_failed_sign_in)?;
        let (user, membership) = person(&ctx, github, &account).await?;
        let db = ctx.system().await?;
        // What was true when the person was looked for may not be any more.
        let held = users::held(&db, user.id, membership.org_id).await?;
        let is_holder = store::holder(&db, github.site(), account.id).await? == Some(user.id);
        let (user, membership) = held.filter(|_| is_holder).ok_or_else(not_connected)?;
        store::rename(&db, github.site(), &account).await?;
        let entry = Entry::open(&db, &ctx, &user, &membership).await?;
        let reply =
            pb::FinishGithubSignInResponse { second_factor: entry.second_factor.into(), token: entry.shown(req.return_token) };
        let response = db.commit(reply).await?;
        entry.answer(&ctx, response)
    }

    async fn get_github_connection(
        &self,
        request: Request<pb::GetGithubConnectionRequest>,
    ) -> Result<Response<pb::GetGithubConnectionResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let connection = match &self.github {
            Some(github) => store::connection(&ctx.system_read().await?, github.site(), ctx.principal()?.user_id).await?,
            None => None,
        };
        let connection = connection.map(Connection::into_pb);
        Ok(Response::new(pb::GetGithubConnectionResponse { offered: self.github.is_some(), connection }))
    }

    async fn begin_github_connection(
        &self,
        request: Request<pb::BeginGithubConnectionRequest>,
    ) -> Result<Response<pb::BeginGithubConnectionResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let (github, principal) = (self.github()?, ctx.principal()?);
        let user = account(&ctx, principal).await?;
        if store::connection(&ctx.system_read().await?, github.site(), user.id).await?.is_some() {
            return Err(connected_already().into());
        }
        prove(&ctx, &user, &req.current_password, &req.code).await?;
        let db = ctx.system().await?;
        let begun = attempt::begin(&db, &ctx, github, Some(user.id)).await?;
        let reply = pb::BeginGithubConnectionResponse { authorize_url: begun.authorize_url.clone() };
        let mut response = db.commit(reply).await?;
        begun.set_cookie(response.metadata_mut())?;
        Ok(response)
    }

    async fn finish_github_connection(
        &self,
        request: Request<pb::FinishGithubConnectionRequest>,
    ) -> Result<Response<pb::FinishGithubConnectionResponse>, Status> {
        let by_bearer = request.metadata().contains_key("authorization");
        let browser = kept_by_browser(request.metadata());
        let (ctx, req) = Ctx::enter(request)?;
        let (github, came) = (self.github()?, Answer::parse(req.code, req.state)?);
        let principal = ctx.principal()?;
        let found = attempt::finish(&ctx, github, browser, &came, Some(principal.user_id)).await?;
        let db = ctx.system().await?;
        // Two browsers of one person that come back at once are one after the other.
        users::hold(&db, principal.user_id).await?;
        if store::connection(&db, github.site(), principal.user_id).await?.is_some() {
            return Err(connected_already().into());
        }
        if !store::insert_connection(&db, github.site(), &found, principal.user_id, ctx.now()).await? {
            return Err(taken().into());
        }
        let token = renew_session(&db, &ctx, principal, by_bearer).await?;
        effects::announce(&db, principal.user_id, &ctx.actor(), &[]).await?;
        ctx.mails().put(&db, None, mail::connected(&principal.email, &found.login, ctx.public_url())).await?;
        let connection = Connection { login: found.login, connected_at: ctx.now() }.into_pb();
        let response = db.commit(pb::FinishGithubConnectionResponse { connection: Some(connection) }).await?;
        ctx.mails().wake();
        answer(&ctx, response, token)
    }

    async fn disconnect_github(
        &self,
        request: Request<pb::DisconnectGithubRequest>,
    ) -> Result<Response<pb::DisconnectGithubResponse>, Status> {
        let by_bearer = request.metadata().contains_key("authorization");
        let (ctx, _) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        let db = ctx.system().await?;
        // Whoever signs in with it at this moment has done so before, or finds it gone.
        users::hold(&db, principal.user_id).await?;
        let gone = store::delete_connection(&db, principal.user_id).await?.ok_or(Error::not_found("connected GitHub account"))?;
        let token = renew_session(&db, &ctx, principal, by_bearer).await?;
        effects::announce(&db, principal.user_id, &ctx.actor(), &[]).await?;
        ctx.mails().put(&db, None, mail::disconnected(&principal.email, &gone, ctx.public_url())).await?;
        let response = db.commit(pb::DisconnectGithubResponse {}).await?;
        ctx.mails().wake();
        answer(&ctx, response, token)
    }
}

impl Api {
    fn github(&self) -> Result<&Github> {
        self.github.as_ref().ok_or_else(off)
    }
}

/// The person who has connected the account, and the company that a sign-in leads to.
async fn person(ctx: &Ctx, github: &Github, account: &Account) -> Result<(User, Membership)> {
    let db = ctx.system_read().await?;
    let holder = store::holder(&db, github.site(), account.id).await?.ok_or_else(not_connected)?;
    let user = users::user(&db, holder).await?.ok_or_else(not_connected)?;
    let membership = users::usual_membership(&db, user.id).await?;
    ctx.about(subject(&user, membership.as_ref()));
    let membership = membership.filter(|_| user.disabled_at.is_none()).ok_or_else(not_connected)?;
    Ok((user, membership))
}

impl Connection {
    fn into_pb(self) -> pb::GithubConnection {
        pb::GithubConnection { login: self.login, connected_at: timestamp(self.connected_at) }
    }
}
