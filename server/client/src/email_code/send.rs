//! Sending the code. Whether an address is known shows neither in the answer nor in its time.

use streamflow_kernel::{ctx::Ctx, db::SystemDb, error::Result};

use super::{
    domain::{Marks, new_code},
    mail,
    store::{self, NewCode},
};
use crate::user::store::{self as users, User};

/// Sends it in the background: the caller waits equally long for known and unknown addresses.
pub fn send(ctx: &Ctx, email: String) {
    let ctx = ctx.clone();
    tokio::spawn(async move {
        if let Err(error) = try_send(&ctx, &email).await {
            tracing::error!(?error, "a code to sign in could not be queued");
        }
    });
}

async fn try_send(ctx: &Ctx, email: &str) -> Result<()> {
    let db = ctx.system_apart().await?;
    let user = who_may_enter(&db, email).await?;
    let (code_id, code) = (ctx.new_id(), new_code(ctx.ids().token()));
    // A stranger's address has a row too, with a mark that no code has.
    let mac = match &user {
        Some(user) => Marks::new(ctx).of(user.id, code_id, &code),
        None => ctx.ids().token().to_vec(),
    };
    if !store::put(&db, NewCode { email, code_id, mac, now: ctx.now() }).await? {
        return Ok(());
    }
    if let Some(user) = user {
        ctx.mails().put(&db, None, mail::code(&user.email, &code)).await?;
    }
    db.commit().await?;
    ctx.mails().wake();
    Ok(())
}

/// The person of an address, if a right password would let them in.
async fn who_may_enter(db: &SystemDb, email: &str) -> Result<Option<User>> {
    let Some(user) = users::user_by_email(db, email).await?.filter(|user| user.disabled_at.is_none()) else { return Ok(None) };
    Ok(users::usual_membership(db, user.id).await?.map(|_| user))
}
