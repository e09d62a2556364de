//! Sign-up tokens: 256 bits, of which the hash is kept; good for one company.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use chrono::TimeDelta;
use streamflow_kernel::{
    ctx::Ctx,
    error::{Error, Result},
    kernel::Kernel,
    session::Token,
};
use streamflow_proto::client::reason;

use super::{
    domain::{Admission, Wanted},
    store,
};

/// Makes a token whose first use must come within `life`.
pub async fn create(kernel: &Kernel, life: TimeDelta) -> Result<Token> {
    let (token, now) = (Token::new(kernel.ids.token()), kernel.clock.now());
    let db = kernel.database.system().await?;
    store::insert_sign_up_token(&db, token.hash(), now, now + life).await?;
    db.commit().await?;
    Ok(token)
}

/// Lets a request in that brings a token, or not; of why not the caller learns nothing. A token that was used stays good for its own
/// registration: true then.
pub async fn check(ctx: &Ctx, wanted: &Wanted) -> Result<bool> {
    let Admission::Token(hash) = &wanted.admission else { return Ok(false) };
    let token = store::sign_up_token(&ctx.system_read().await?, hash).await?;
    match token {
        Some(store::SignUpToken { used_for: Some(number), .. }) if number == wanted.external_customer_id => Ok(true),
        Some(store::SignUpToken { used_for: None, expires_at }) if expires_at > ctx.now() => Ok(false),
        _ => Err(refused()),
    }
}

pub fn refused() -> Error {
    Error::refused(reason::SIGN_UP_TOKEN, "This sign-up token is unknown, was used for another company or has expired.")
}
