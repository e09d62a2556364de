//! Repeatable mutations: a request with an `idempotency-key` runs once; its repetition gets the first one's reply.

use chrono::{DateTime, Utc};
use http::HeaderMap;
use sea_orm::FromQueryResult;
use sha2::{Digest as _, Sha256};

use crate::{
    crypto,
    ctx::{BodyHash, Ctx, IdempotencyKey},
    db::Scope,
    error::{Error, Result},
};

/// Longest key, in bytes.
const MAX_KEY: usize = 100;

/// The request's key, if it has one.
pub fn key(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (8..=MAX_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()));
    key.map(|key| Some(key.to_owned()))
        .ok_or_else(|| Error::invalid("idempotency-key", "An idempotency key is 8 to 100 visible ASCII characters."))
}

/// What tells one request from another under the same key.
pub fn hash(message: &[u8]) -> BodyHash {
    Sha256::digest(message).into()
}

#[derive(FromQueryResult)]
struct Row {
    /// Ciphertext of what [`IdempotencyKey::content`] makes.
    reply: Vec<u8>,
    created_at: DateTime<Utc>,
}

struct Kept {
    body_hash: BodyHash,
    reply: Vec<u8>,
    created_at: DateTime<Utc>,
}

/// The reply kept for this person, RPC and key. Fails when the key was used for another request.
pub async fn kept_reply(ctx: &Ctx) -> Result<Option<Vec<u8>>> {
    let Some(idempotency) = &ctx.request().idempotency else { return Ok(None) };
    let Some(kept) = kept(ctx, idempotency).await? else { return Ok(None) };
    if kept.body_hash != idempotency.body_hash {
        return Err(Error::KeyReused { text: "This idempotency key was used for another request." });
    }
    Ok(Some(kept.reply))
}

/// The reply of the very request that ended the session at `ended`: what it said once, such as recovery codes, is not lost with an
/// answer that never arrived.
pub async fn reply_that_ended(ctx: &Ctx, ended: DateTime<Utc>) -> Result<Option<Vec<u8>>> {
    let Some(idempotency) = &ctx.request().idempotency else { return Ok(None) };
    let kept = kept(ctx, idempotency).await?;
    Ok(kept.filter(|kept| kept.body_hash == idempotency.body_hash && kept.created_at == ended).map(|kept| kept.reply))
}

async fn kept(ctx: &Ctx, idempotency: &IdempotencyKey) -> Result<Option<Kept>> {
    let (org_id, actor_id) = ctx.keeper();
    let sql = "SELECT reply, created_at FROM idempotency WHERE org_id = {org} AND actor_id = ? AND rpc = ? AND key = ?";
    let values = vec![actor_id.into(), ctx.request().access.path.into(), idempotency.key.clone().into()];
    // On a connection given back at once: keys are read on one of their own, and holding two could use the pool up.
    let row = {
        let db = ctx.kernel().database.tenant_read(Scope::whole(org_id)).await?;
        db.query::<Row>(sql, values).await?.into_iter().next()
    };
    let Some(Row { reply, created_at }) = row else { return Ok(None) };
    let key = ctx.kernel().keys.of(org_id, &reply).await?;
    let place = idempotency.place(org_id, actor_id, ctx.request().access);
    let content = crypto::decrypt(&key, place, &reply).map_err(Error::internal)?;
    let (body_hash, reply) = content.split_first_chunk().ok_or_else(|| Error::internal("a kept reply without its hash"))?;
    Ok(Some(Kept { body_hash: *body_hash, reply: reply.to_vec(), created_at }))
}
