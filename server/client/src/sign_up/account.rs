//! The account that a sign-up leads to.

use streamflow_kernel::{
    ctx::Ctx,
    db::SystemDb,
    error::{Error, Result},
};
use streamflow_proto::client::reason;

use super::{
    domain::{SignUp, closed},
    store,
};
use crate::{
    account::store as effects,
    user::{
        domain::subject,
        store::{self as users, NewUser, User},
    },
};

/// Uses a sign-up up and makes its account; the caller commits, with what makes the company.
pub async fn open(db: &SystemDb, ctx: &Ctx, sign_up: &SignUp) -> Result<()> {
    if !store::use_up(db, sign_up.id, ctx.now()).await? {
        return Err(closed());
    }
    let user_id = match check_free(db, &sign_up.email).await? {
        Some(user) => {
            reopen(db, ctx, sign_up, &user).await?;
            user.id
        }
        None => insert(db, ctx, sign_up).await?,
    };
    let user = users::user(db, user_id).await?.ok_or_else(|| Error::internal("an account is gone"))?;
    ctx.about(subject(&user, None));
    Ok(())
}

/// Whether somebody signs in with this account, so that nobody may begin with it.
pub async fn is_in_use(db: &SystemDb, user: &User) -> Result<bool> {
    Ok(user.disabled_at.is_some() || users::usual_membership(db, user.id).await?.is_some())
}

/// Fails when the address has an account that somebody signs in with; one that was left behind comes back.
pub async fn check_free(db: &SystemDb, email: &str) -> Result<Option<User>> {
    let Some(user) = users::user_by_email(db, email).await? else { return Ok(None) };
    if is_in_use(db, &user).await? { Err(in_use()) } else { Ok(Some(user)) }
}

/// Whoever left their last company may begin with one of their own. As with a reset, the address proves it, the second factor stays,
/// and what opened it before is closed.
async fn reopen(db: &SystemDb, ctx: &Ctx, sign_up: &SignUp, user: &User) -> Result<()> {
    users::set_password_hash(db, user.id, &sign_up.password_hash).await?;
    users::end_resets(db, user.id, ctx.now()).await?;
    effects::close_other_ways(db, user).await
}

async fn insert(db: &SystemDb, ctx: &Ctx, sign_up: &SignUp) -> Result<uuid::Uuid> {
    let new = NewUser {
        id: ctx.new_id(),
        email: &sign_up.email,
        display_name: &sign_up.display_name,
        password_hash: sign_up.password_hash.clone(),
        now: ctx.now(),
    };
    let id = new.id;
    if users::insert_user(db, new).await? { Ok(id) } else { Err(in_use()) }
}

fn in_use() -> Error {
    Error::refused(reason::ACCOUNT_EXISTS, "This address has an account already. Sign in with it.")
}
