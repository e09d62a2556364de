//! Going on in another company of the same person.

use streamflow_kernel::{
    ctx::Principal,
    db::SystemDb,
    error::{Error, Result},
    session::Level,
};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use crate::user::store::{self, Membership, PersonOrg, User};

/// The person and the membership behind a name in page addresses, held until the session is made that follows from them. A company
/// that the person may not enter is answered like one that is not there.
pub async fn entered(db: &SystemDb, principal: &Principal, tenant_id: &str) -> Result<(User, Membership)> {
    let missing = || Error::not_found("company");
    let found = store::person_org(db, principal.user_id, tenant_id).await?.ok_or_else(missing)?;
    if found.org_id == principal.org_id {
        return Err(Error::invalid("tenant_id", "You are in this company already."));
    }
    store::held(db, principal.user_id, found.org_id).await?.ok_or_else(missing)
}

/// What a person who has shown both factors must still do. Whoever has an authenticator has shown a code of it on the way to a full
/// session, or a passkey: setting one up ends all others.
pub fn what_is_left(user: &User, entered: &Membership) -> (Level, pb::SecondFactorState) {
    if user.totp_confirmed_at.is_none() && entered.needs_second_factor() {
        (Level::Pending, pb::SecondFactorState::EnrolmentNeeded)
    } else {
        (Level::Full, pb::SecondFactorState::Done)
    }
}

pub fn into_pb(org: PersonOrg, present: Uuid) -> pb::PersonOrg {
    pb::PersonOrg {
        tenant_id: org.tenant_id,
        name: org.name,
        role: pb::Role::from_str_name(&format!("ROLE_{}", org.role)).unwrap_or_default().into(),
        suspended: org.suspended,
        current: org.org_id == present,
    }
}
