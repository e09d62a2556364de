//! Repeatable mutations: a request with an `idempotency-key` runs once; its repetition gets the first one's reply.

use axum::extract::Request;
use sea_orm::FromQueryResult;
use sha2::{Digest as _, Sha256};

use crate::{
    crypto,
    ctx::Ctx,
    error::{Error, Result},
};

/// Longest key, in bytes.
const MAX_KEY: usize = 100;

/// The request's key, if it has one.
pub fn key(request: &Request) -> Result<Option<String>> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (8..=MAX_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()));
    key.map(|key| Some(key.to_owned()))
        .ok_or_else(|| Error::invalid("idempotency-key", "An idempotency key is 8 to 100 visible ASCII characters."))
}

/// What tells one request from another under the same key.
pub fn hash(message: &[u8]) -> Vec<u8> {
    Sha256::digest(message).to_vec()
}

#[derive(FromQueryResult)]
struct Kept {
    body_hash: Vec<u8>,
    /// Ciphertext.
    reply: Vec<u8>,
}

/// The reply kept for this person, RPC and key. Fails when the key was used for another request.
pub async fn kept_reply(ctx: &Ctx) -> Result<Option<Vec<u8>>> {
    let Some(idempotency) = &ctx.request().idempotency else { return Ok(None) };
    let Ok(principal) = ctx.principal() else { return Ok(None) };
    let db = ctx.read().await?;
    let sql = "SELECT body_hash, reply FROM idempotency WHERE org_id = {org} AND actor_id = ? AND rpc = ? AND key = ?";
    let values = vec![principal.user_id.into(), ctx.request().access.path.into(), idempotency.key.clone().into()];
    let Some(kept) = db.query::<Kept>(sql, values).await?.into_iter().next() else { return Ok(None) };
    if kept.body_hash != idempotency.body_hash {
        return Err(Error::KeyReused { text: "This idempotency key was used for another request." });
    }
    // Keys are read on a connection of their own; holding two at once could use the pool up.
    drop(db);
    let key = ctx.kernel().keys.of(principal.org_id, &kept.reply).await?;
    let place = idempotency.place(principal, ctx.request().access);
    let reply = crypto::decrypt(&key, place, &kept.reply).map_err(Error::internal)?;
    Ok(Some(reply.to_vec()))
}
