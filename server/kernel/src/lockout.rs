//! Guesses at a password. They are counted for the device where it is known, and otherwise for account and address together, so
//! that strangers slow the person down for seconds only, wherever they guess from.

use data_encoding::HEXLOWER;
use uuid::Uuid;

use crate::{
    access::address_key,
    ctx::Ctx,
    error::Result,
    rate_limit::{self, count_attempt, forget_attempts},
};

/// What counts guesses at a person's second factor, which follow a right password: those of a device the person has signed in from are
/// counted apart, so that whoever has the password alone keeps nobody out. Passwords that are right leave this ladder as it is.
pub fn factor_key(person: Uuid, device: Option<&[u8]>) -> String {
    device.map_or_else(|| format!("factor:{person}"), |hash| format!("factor-device:{}", HEXLOWER.encode(hash)))
}

/// Whose guesses are counted, as the keys of `lockouts`.
#[derive(Clone, Debug)]
pub struct Guesses {
    account: String,
    /// The account from the caller's address.
    here: String,
    device: Option<String>,
}

impl Guesses {
    /// `account` names the account without telling its address; `device` is the hash of a device it knows.
    pub fn new(ctx: &Ctx, account: String, device: Option<&[u8]>) -> Self {
        let here = format!("{account}@{}", address_key(ctx.request().ip));
        let device = device.map(|hash| format!("device:{}", HEXLOWER.encode(hash)));
        Self { account, here, device }
    }

    /// Counts one before the password is looked at, or says how long to wait.
    pub async fn count(&self, ctx: &Ctx) -> Result<()> {
        let (database, now) = (&ctx.kernel().database, ctx.now());
        ctx.note_guess(true);
        if let Some(device) = &self.device {
            return count_attempt(database, device, now).await;
        }
        // Looked at first, so that who is locked out of the account uses up none of its turns.
        rate_limit::refuse_while_locked(database, &self.here, now).await?;
        rate_limit::count_short(database, &self.account, now).await?;
        count_attempt(database, &self.here, now).await
    }

    /// The password was right: the ladders start anew.
    pub async fn forget(&self, ctx: &Ctx) -> Result<()> {
        let database = &ctx.kernel().database;
        ctx.note_guess(false);
        if let Some(device) = &self.device {
            return forget_attempts(database, device).await;
        }
        forget_attempts(database, &self.account).await?;
        forget_attempts(database, &self.here).await
    }
}
