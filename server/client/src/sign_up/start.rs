//! Sending the link. Whether an address is known shows neither in the answer nor in its time.

use chrono::TimeDelta;
use streamflow_kernel::{ctx::Ctx, error::Result};

use super::{account, domain::Beginner, mail, store};
use crate::{mail_budget::Budget, user};

/// Life of a link, in hours. The company must be set up within it.
pub const LINK_HOURS: i64 = 24;
const BUDGET: Budget = Budget { name: "sign-up", pause: TimeDelta::minutes(2) };

/// Sends it in the background: the caller waits equally long for known and unknown addresses.
pub fn send(ctx: &Ctx, beginner: Beginner) {
    let ctx = ctx.clone();
    tokio::spawn(async move {
        if let Err(error) = try_send(&ctx, &beginner).await {
            tracing::error!(?error, "a link to sign up could not be queued");
        }
    });
}

async fn try_send(ctx: &Ctx, beginner: &Beginner) -> Result<()> {
    let (now, email) = (ctx.now(), beginner.email.as_str());
    let db = ctx.system_apart().await?;
    if !BUDGET.take(&db, ctx, email, None).await? {
        return Ok(());
    }
    let is_known = match user::store::user_by_email(&db, email).await? {
        Some(user) => account::is_in_use(&db, &user).await?,
        None => false,
    };
    let token = ctx.new_token();
    // A known address has the same row; its link, which nobody has, ends as it begins.
    let (life, letter) = if is_known {
        (TimeDelta::zero(), mail::known(email, ctx.public_url()))
    } else {
        (TimeDelta::hours(LINK_HOURS), mail::link(email, ctx.public_url(), token.reveal()))
    };
    store::insert_sign_up(&db, ctx.new_id(), beginner, token.hash(), (now, now + life)).await?;
    ctx.mails().put(&db, None, letter).await?;
    db.commit().await?;
    ctx.mails().wake();
    Ok(())
}
