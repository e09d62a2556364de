//! Who accepts an invitation: somebody new, or somebody with an account, who proves it with the password.

use streamflow_kernel::{
    ctx::Ctx,
    db::SystemDb,
    error::{Error, Result, Violations},
    lockout::Guesses,
};
use streamflow_proto::client::{reason, v1 as pb};
use uuid::Uuid;

use super::store::Offer;
use crate::{
    record::input::{self, limit},
    user::{
        domain::{attempts_key, check_password},
        store::{self, NewUser, User},
    },
};

pub enum Newcomer {
    Known(User),
    New { id: Uuid, display_name: String, password_hash: String },
}

/// The account of the invited address.
pub async fn account(ctx: &Ctx, offer: &Offer) -> Result<Option<User>> {
    let db = ctx.system_read().await?;
    store::user_by_email(&db, &offer.email).await
}

/// Checks what the page sent, all problems at once. Hashes, so it must not be called inside a transaction.
pub async fn recognise(ctx: &Ctx, offer: &Offer, req: &pb::AcceptInvitationRequest) -> Result<Newcomer> {
    match account(ctx, offer).await? {
        Some(user) => prove(ctx, user, &req.password).await,
        None => choose(ctx, offer, req).await,
    }
}

/// Wrong passwords count like those of a sign-in: an invitation is no second chance to guess.
async fn prove(ctx: &Ctx, user: User, password: &str) -> Result<Newcomer> {
    let guesses = Guesses::new(ctx, attempts_key(&user.email), None);
    guesses.count(ctx).await?;
    let verdict = ctx.passwords().verify(password, &user.password_hash).await?;
    if !verdict.ok || user.disabled_at.is_some() {
        return Err(Error::invalid("password", "That is not the password of this account."));
    }
    guesses.forget(ctx).await?;
    Ok(Newcomer::Known(user))
}

async fn choose(ctx: &Ctx, offer: &Offer, req: &pb::AcceptInvitationRequest) -> Result<Newcomer> {
    let mut problems = Violations::new();
    let name = input::required("your name", &req.display_name, limit::NAME);
    let display_name = name.map_err(|problem| problems.add("display_name", problem.sentence())).unwrap_or_default();
    // Whoever must have a second factor can't get past the first sign-in without one.
    let words = [offer.email.as_str(), &display_name, &offer.org_name];
    if let Err(Error::Invalid(found)) = check_password("password", &req.password, offer.needs_second_factor(), &words) {
        problems.extend(found);
    }
    problems.into_result()?;
    let password_hash = ctx.passwords().hash(&req.password).await?;
    Ok(Newcomer::New { id: ctx.new_id(), display_name, password_hash })
}

impl Newcomer {
    pub const fn id(&self) -> Uuid {
        match self {
            Self::Known(user) => user.id,
            Self::New { id, .. } => *id,
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Known(user) => &user.display_name,
            Self::New { display_name, .. } => display_name,
        }
    }

    /// Makes the account of somebody new.
    pub async fn insert(&self, db: &SystemDb, ctx: &Ctx, offer: &Offer) -> Result<()> {
        let Self::New { id, display_name, password_hash } = self else {
            return Ok(());
        };
        let new = NewUser { id: *id, email: &offer.email, display_name, password_hash: password_hash.clone(), now: ctx.now() };
        if store::insert_user(db, new).await? {
            return Ok(());
        }
        Err(Error::refused(
            reason::ACCOUNT_EXISTS,
            "This address got an account meanwhile. Open the link again and give its password.",
        ))
    }
}
