//! What changes of an account do to its sessions and to the pages that are open.

use chrono::{DateTime, Utc};
use streamflow_kernel::{
    db::SystemDb,
    error::Result,
    feed::{Actor, Audience, Change, Op},
};
use uuid::Uuid;

use crate::user::store;

/// Ends every session of a person but the one with this token. Returns how many.
pub async fn end_other_sessions(db: &SystemDb, user_id: Uuid, keep_token_hash: Vec<u8>, now: DateTime<Utc>) -> Result<u64> {
    let sql = "UPDATE sessions SET revoked_at = ? WHERE user_id = ? AND revoked_at IS NULL AND token_hash <> ?";
    db.execute(sql, vec![now.into(), user_id.into(), keep_token_hash.into()]).await
}

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
