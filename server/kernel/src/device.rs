//! Devices that people have signed in from. Strangers who guess don't lock them out; their own guesses are counted apart.

use chrono::Duration;
use sea_orm::FromQueryResult;
use tonic::metadata::MetadataMap;
use uuid::Uuid;

use crate::{
    access::authenticate::device_cookie_name,
    ctx::Ctx,
    db::SystemDb,
    error::Result,
    session::{self, Token},
};

/// A device is known that long after its last sign-in.
pub const LIFETIME: Duration = Duration::days(180);

/// SHA-256 of the request's device, if this person has signed in from it.
pub async fn known(ctx: &Ctx, db: &SystemDb, user_id: Uuid) -> Result<Option<Vec<u8>>> {
    #[derive(FromQueryResult)]
    struct Row {
        device_hash: Vec<u8>,
    }
    let Some(token) = &ctx.request().device_token else { return Ok(None) };
    let sql = "SELECT device_hash FROM known_devices WHERE user_id = ? AND device_hash = ? AND created_at > ?";
    let values = vec![user_id.into(), session::hash_token(token).into(), (ctx.now() - LIFETIME).into()];
    let rows: Vec<Row> = db.query(sql, values).await?;
    Ok(rows.into_iter().next().map(|row| row.device_hash))
}

/// Remembers the device of a completed sign-in under a new token; the one it came with is good no longer.
pub async fn remember(ctx: &Ctx, db: &SystemDb, user_id: Uuid) -> Result<Token> {
    if let Some(token) = &ctx.request().device_token {
        let sql = "DELETE FROM known_devices WHERE user_id = ? AND device_hash = ?";
        db.execute(sql, vec![user_id.into(), session::hash_token(token).into()]).await?;
    }
    let device = Token::new(ctx.kernel().ids.token());
    let sql = "INSERT INTO known_devices (user_id, device_hash, created_at) VALUES (?, ?, ?)";
    db.execute(sql, vec![user_id.into(), device.hash().into(), ctx.now().into()]).await?;
    Ok(device)
}

/// Forgets all devices of a person: somebody else may have had one of them.
pub async fn forget_all(db: &SystemDb, user_id: Uuid) -> Result<()> {
    db.execute("DELETE FROM known_devices WHERE user_id = ?", vec![user_id.into()]).await?;
    Ok(())
}

/// Leaves the device's token in the browser.
pub fn set_cookie(metadata: &mut MetadataMap, ctx: &Ctx, device: &Token) -> Result<()> {
    let name = device_cookie_name(ctx.kernel().portal.space);
    session::write_cookie(metadata, &name, device.reveal(), LIFETIME.num_seconds())
}
