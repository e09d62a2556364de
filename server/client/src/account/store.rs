//! What changes of an account do to the pages that are open, and to the other ways into it.

use streamflow_kernel::{
    db::SystemDb,
    device,
    error::Result,
    feed::{Actor, Audience, Change, Op},
};
use uuid::Uuid;

use crate::{
    github, passkey,
    user::store::{self, User},
};

/// Tells each company of the person, which also ends the person's open streams: they come back with the session that is left.
pub async fn announce(db: &SystemDb, user_id: Uuid, actor: &Actor, fields: &[&str]) -> Result<()> {
    for (org, version) in store::memberships(db, user_id).await? {
        let change = Change {
            entity: "member",
            id: user_id,
            version,
            op: Op::Updated,
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
            audience: Audience::EVERYONE,
        };
        db.append_changes(org, actor, &[change]).await?;
    }
    Ok(())
}

/// Closes what opens the account besides its password and its second factor. Whoever proves by the address alone that the account is
/// theirs may be another person than before, or has lost it to one: nothing that was set up until then lets that one in. Codes that were
/// mailed end with the password they were made beside, and so does an authenticator that was begun.
pub async fn close_other_ways(db: &SystemDb, user: &User) -> Result<()> {
    passkey::store::remove_all(db, user.id).await?;
    github::store::delete_connection(db, user.id).await?;
    device::forget_all(db, user.id).await
}
