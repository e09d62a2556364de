//! What browsers are given to sign: for one page, for one session where a passkey is added, for five minutes, and once.

use chrono::TimeDelta;
use streamflow_kernel::{
    ctx::Ctx,
    db::SystemDb,
    error::{Error, Result},
};
use streamflow_proto::client::reason;
use tonic::{Request, metadata::MetadataMap};
use uuid::Uuid;

use super::{
    domain::{expired, hash},
    store::{self, Challenge},
    webauthn::{ClientData, Flaw, RelyingParty},
};

pub const LIFE: TimeDelta = TimeDelta::minutes(5);

/// The page that asks. The door has let in exact origins of the portal alone; programs send none, and have no passkeys.
pub fn party<T>(request: &Request<T>) -> Result<RelyingParty> {
    let party = origin(request.metadata()).and_then(RelyingParty::of);
    party.ok_or_else(|| {
        Error::refused(reason::PASSKEY_PLACE, "Passkeys work in a browser, at an address with a name. Sign in another way here.")
    })
}

fn origin(metadata: &MetadataMap) -> Option<&str> {
    metadata.get("origin")?.to_str().ok()
}

/// Gives one out. `session_id` is none where somebody signs in.
pub async fn give(db: &SystemDb, ctx: &Ctx, party: &RelyingParty, session_id: Option<Uuid>) -> Result<Vec<u8>> {
    let challenge = ctx.ids().token();
    let row = Challenge { hash: hash(&challenge), session_id, origin: &party.origin };
    store::insert_challenge(db, row, ctx.now() + LIFE).await?;
    Ok(challenge.to_vec())
}

/// Uses up the one that was signed, whatever else is wrong with the answer: in a transaction of its own, which stays.
pub async fn take(ctx: &Ctx, party: &RelyingParty, session_id: Option<Uuid>, data: &ClientData) -> Result<(), Refusal> {
    let challenge = data.challenge()?;
    let row = Challenge { hash: hash(&challenge), session_id, origin: &party.origin };
    let db = ctx.system_apart().await?;
    let was_good = store::use_challenge(&db, row, ctx.now()).await?;
    db.commit().await?;
    if was_good { Ok(()) } else { Err(expired().into()) }
}

/// An answer that is wrong, or something else that went wrong with it.
pub enum Refusal {
    Flaw(Flaw),
    Error(Error),
}

impl From<Flaw> for Refusal {
    fn from(flaw: Flaw) -> Self {
        Self::Flaw(flaw)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}
