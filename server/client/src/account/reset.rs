//! Password reset by mail. Whether an address is known shows neither in the answer nor in its time; a second factor stays on; every
//! session and every other way in ends.

use chrono::{DateTime, TimeDelta, Utc};
use streamflow_kernel::{
    ctx::Ctx,
    db::SystemDb,
    device,
    error::{Error, Result, Violations},
    feed::Actor,
    kernel::Kernel,
    lockout::Guesses,
    session::{self, Token},
};
use streamflow_proto::client::v1 as pb;
use tonic::Response;
use uuid::Uuid;

use super::{mail, store as effects};
use crate::{
    mail_budget::Budget,
    user::{
        domain::{attempts_key, canonical_email, check_password, subject},
        store::{self, User},
    },
};

/// Life of a mailed link.
pub const LINK_HOURS: i64 = 1;
const BUDGET: Budget = Budget { name: "reset", pause: TimeDelta::minutes(2) };

/// Sends the link in the background: the caller waits equally long for known and unknown addresses.
pub fn request(ctx: &Ctx, email: &str) {
    let (ctx, email) = (ctx.clone(), canonical_email(email));
    tokio::spawn(async move {
        if let Err(error) = send_link(&ctx, &email).await {
            tracing::error!(?error, "a reset link could not be queued");
        }
    });
}

async fn send_link(ctx: &Ctx, email: &str) -> Result<()> {
    let db = ctx.system_apart().await?;
    let user = store::user_by_email(&db, email).await?;
    let device = device::known(ctx, &db, user.as_ref().map_or_else(Uuid::nil, |user| user.id)).await?;
    if !BUDGET.take(&db, ctx, email, device.as_deref()).await? {
        return Ok(());
    }
    if let Some(user) = user.filter(|user| user.disabled_at.is_none()) {
        let ends = ctx.now() + TimeDelta::hours(LINK_HOURS);
        let link = insert_link(&db, &ctx.new_token(), ctx.public_url(), user.id, ends).await?;
        ctx.mails().put(&db, None, mail::reset(&user.email, &link)).await?;
    }
    db.commit().await?;
    ctx.mails().wake();
    Ok(())
}

/// A link with which the person can set a password, for `life`.
pub async fn new_link(db: &SystemDb, kernel: &Kernel, user_id: Uuid, life: TimeDelta) -> Result<String> {
    let token = Token::new(kernel.ids.token());
    insert_link(db, &token, &kernel.public_url, user_id, kernel.clock.now() + life).await
}

async fn insert_link(db: &SystemDb, token: &Token, public_url: &str, user_id: Uuid, ends: DateTime<Utc>) -> Result<String> {
    store::insert_reset(db, token.hash(), user_id, ends).await?;
    Ok(mail::reset_link(public_url, token.reveal()))
}

/// Sets the password with the token of a link.
pub async fn complete(ctx: &Ctx, req: &pb::ResetPasswordRequest) -> Result<Response<pb::ResetPasswordResponse>> {
    let now = ctx.now();
    let token_hash = session::hash_token(&req.token);
    let user = holder(ctx, token_hash.clone()).await?;
    check_password("new_password", &req.new_password, user.totp_confirmed_at.is_some(), &[&user.email, &user.display_name])?;
    let hash = ctx.passwords().hash(&req.new_password).await?;
    // Before the transaction, which may be the only writer: a person with the link is not the one who guessed.
    Guesses::new(ctx, attempts_key(&user.email), None).forget(ctx).await?;
    let db = ctx.system().await?;
    if store::use_reset(&db, token_hash, now).await? != Some(user.id) {
        return Err(dead_link());
    }
    store::set_password_hash(&db, user.id, &hash).await?;
    effects::close_other_ways(&db, &user).await?;
    session::end_all(&db, user.id, None, now).await?;
    let device = known_from_now_on(ctx, &db, &user).await?;
    let actor = Actor { id: Some(user.id), name: user.display_name.clone(), at: now };
    effects::announce(&db, user.id, &actor, &[]).await?;
    ctx.mails().put(&db, None, mail::password_reset(&user.email, ctx.public_url())).await?;
    let mut response = db.commit(pb::ResetPasswordResponse {}).await?;
    ctx.mails().wake();
    if let Some(device) = device {
        device::set_cookie(response.metadata_mut(), ctx, &device)?;
    }
    Ok(response)
}

/// Strangers who guess without end don't keep out whoever has proved the address. A second factor is not proved: a device that is known makes
/// guesses at it anew, and whoever has the mailbox could have one after the other.
async fn known_from_now_on(ctx: &Ctx, db: &SystemDb, user: &User) -> Result<Option<Token>> {
    match user.totp_confirmed_at {
        None => device::remember(ctx, db, user.id).await.map(Some),
        Some(_) => Ok(None),
    }
}

async fn holder(ctx: &Ctx, token_hash: Vec<u8>) -> Result<User> {
    let db = ctx.system_read().await?;
    let user = store::reset_holder(&db, token_hash, ctx.now()).await?.ok_or_else(dead_link)?;
    let membership = store::usual_membership(&db, user.id).await?;
    ctx.about(subject(&user, membership.as_ref()));
    Ok(user)
}

fn dead_link() -> Error {
    let mut violations = Violations::new();
    violations.add("token", "This link has expired or was used already. Ask for a new one.");
    violations.into()
}
