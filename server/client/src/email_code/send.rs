//! Sending the code. Whether an address is known shows neither in the answer nor in its time.

use streamflow_kernel::{ctx::Ctx, db::SystemDb, device, error::Result};
use uuid::Uuid;

use super::{
    domain::{Marks, PAUSE, new_code},
    mail,
    store::{self, NewCode},
};
use crate::{
    mail_budget::Budget,
    user::store::{self as users, User},
};

const BUDGET: Budget = Budget { name: "sign-in code", pause: PAUSE };

/// Sends it in the background: the caller waits equally long for known and unknown addresses. `browser` is who may use it.
pub fn send(ctx: &Ctx, email: String, browser: String) {
    let ctx = ctx.clone();
    tokio::spawn(async move {
        if let Err(error) = try_send(&ctx, &email, &browser).await {
            tracing::error!(?error, "a code to sign in could not be queued");
        }
    });
}

async fn try_send(ctx: &Ctx, email: &str, browser: &str) -> Result<()> {
    let db = ctx.system_apart().await?;
    let user = users::user_by_email(&db, email).await?;
    let device = device::known(ctx, &db, user.as_ref().map_or_else(Uuid::nil, |user| user.id)).await?;
    if !BUDGET.take(&db, ctx, email, device.as_deref()).await? {
        return Ok(());
    }
    let user = who_may_enter(&db, user).await?;
    let (code_id, code) = (ctx.new_id(), new_code(ctx.ids().token()));
    // A stranger's address has a row too, with a mark that no code has.
    let mac = match &user {
        Some(user) => Marks::new(ctx).of(user, code_id, &code),
        None => ctx.ids().token().to_vec(),
    };
    store::put(&db, NewCode { email, browser, code_id, mac, now: ctx.now() }).await?;
    if let Some(user) = user {
        ctx.mails().put(&db, None, mail::code(&user.email, &code)).await?;
    }
    db.commit().await?;
    ctx.mails().wake();
    Ok(())
}

/// The person of an address, if a right password would let them in.
async fn who_may_enter(db: &SystemDb, user: Option<User>) -> Result<Option<User>> {
    let Some(user) = user.filter(|user| user.disabled_at.is_none()) else { return Ok(None) };
    Ok(users::usual_membership(db, user.id).await?.map(|_| user))
}
