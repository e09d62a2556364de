//! What changes of an account do to the pages that are open.

use streamflow_kernel::{
    db::SystemDb,
    error::Result,
    feed::{Actor, Audience, Change, Op},
};
use uuid::Uuid;

use crate::user::store;

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
