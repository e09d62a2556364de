//! `streamflow.client.v1.EmailCodeService`.

use streamflow_kernel::{ctx::Ctx, device, error::Result, lockout::Guesses};
use streamflow_proto::client::v1::{self as pb, email_code_service_server::EmailCodeService};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    browser::Browser,
    domain::{Claim, Marks, PAUSE, address, wrong_code},
    send, store,
};
use crate::{
    session::entry::Entry,
    user::{
        domain::{attempts_key, subject},
        store::{self as users, Membership, User},
    },
};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl EmailCodeService for Api {
    async fn send_code(&self, request: Request<pb::SendCodeRequest>) -> Result<Response<pb::SendCodeResponse>, Status> {
        let metadata = request.metadata().clone();
        let (ctx, req) = Ctx::enter(request)?;
        let (email, browser) = (address(&req.email)?, Browser::of(&metadata, &ctx));
        let pause_seconds = i32::try_from(PAUSE.num_seconds()).unwrap_or(i32::MAX);
        let mut response = Response::new(pb::SendCodeResponse { pause_seconds });
        browser.set_cookie(response.metadata_mut())?;
        send::send(&ctx, email, browser.name);
        Ok(response)
    }

    async fn sign_in_with_code(
        &self,
        request: Request<pb::SignInWithCodeRequest>,
    ) -> Result<Response<pb::SignInWithCodeResponse>, Status> {
        let metadata = request.metadata().clone();
        let (ctx, req) = Ctx::enter(request)?;
        let (claim, browser) = (Claim::parse(&req)?, Browser::of(&metadata, &ctx));
        let known = check_code(&ctx, &claim, &browser).await?;
        let db = ctx.system().await?;
        // What was true when the code was compared may not be any more.
        let held = users::held(&db, known.user.id, known.membership.org_id).await?;
        let held = held.filter(|(now, _)| now.password_hash == known.user.password_hash);
        let (user, membership) = held.ok_or_else(wrong_code)?;
        if !store::use_up(&db, &claim.email, &browser.name, known.code_id, ctx.now()).await? {
            return Err(wrong_code().into());
        }
        let entry = Entry::open(&db, &ctx, &user, &membership).await?;
        let reply =
            pb::SignInWithCodeResponse { second_factor: entry.second_factor.into(), token: entry.shown(req.return_token) };
        let response = db.commit(reply).await?;
        entry.answer(&ctx, response)
    }
}

/// Whom a right code leads to.
struct Known {
    user: User,
    membership: Membership,
    code_id: Uuid,
}

/// Counts the try, with those at the person's password, then compares. The statements and what is computed are the same for an address
/// that nobody has, and for somebody who may not enter.
async fn check_code(ctx: &Ctx, claim: &Claim, browser: &Browser) -> Result<Known> {
    let db = ctx.system_read().await?;
    let user = users::user_by_email(&db, &claim.email).await?;
    let user_id = user.as_ref().map(|user| user.id).unwrap_or_default();
    let membership = users::usual_membership(&db, user_id).await?;
    let device = device::known(ctx, &db, user_id).await?;
    drop(db);
    if let Some(user) = &user {
        ctx.about(subject(user, membership.as_ref()));
    }
    let guesses = Guesses::new(ctx, attempts_key(&claim.email), device.as_deref());
    guesses.count(ctx).await?;
    let db = ctx.system_apart().await?;
    let kept = store::take_try(&db, &claim.email, &browser.name, ctx.now()).await?;
    db.commit().await?;
    let (code_id, mac) = kept.map(|kept| (kept.code_id, kept.code_mac)).unwrap_or_default();
    let is_right = Marks::new(ctx).knows(user.as_ref(), code_id, &claim.code, &mac);
    let usable = user.filter(|user| user.disabled_at.is_none()).zip(membership).filter(|_| is_right);
    let (user, membership) = usable.ok_or_else(wrong_code)?;
    guesses.forget(ctx).await?;
    Ok(Known { user, membership, code_id })
}
