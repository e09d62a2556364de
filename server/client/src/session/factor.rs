//! The second factor of a sign-in: a TOTP code or a recovery code, each good once.

use streamflow_kernel::{
    ctx::Ctx,
    device,
    error::{Error, Result},
    lockout::factor_key,
    totp,
};

use crate::user::store::{self, User};

/// Accepts a code of a person, or says that it is wrong. Counted before anything is compared. Must not be called inside a write
/// transaction: what it uses up stays used up.
pub async fn check(ctx: &Ctx, user: &User, code: &str) -> Result<()> {
    let device = device::known(ctx, &ctx.system_read().await?, user.id).await?;
    let subject = factor_key(user.id, device.as_deref());
    ctx.count_attempt(&subject).await?;
    if !is_good(ctx, user, code.trim()).await? {
        return Err(Error::invalid("code", "That code is not right. Codes change every 30 seconds and work once."));
    }
    ctx.forget_attempts(&subject).await
}

async fn is_good(ctx: &Ctx, user: &User, code: &str) -> Result<bool> {
    let looks_like_totp = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
    if !looks_like_totp {
        let db = ctx.system_apart().await?;
        let good = store::use_recovery_code(&db, user.id, totp::hash_recovery_code(code).to_vec(), ctx.now()).await?;
        db.commit().await?;
        return Ok(good);
    }
    let Some(secret) = store::totp_secret(ctx.keys(), user).await? else { return Ok(false) };
    match totp::matching_step(&secret, code, ctx.now()) {
        Some(step) => ctx.use_totp_step(user.id, step).await,
        None => Ok(false),
    }
}
