//! Repeatable mutations: a request with an `idempotency-key` runs once; its repetition gets the first one's reply.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

use axum::response::Response;
use chrono::{DateTime, Utc};
use http::HeaderMap;
use sea_orm::FromQueryResult;
use sha2::{Digest as _, Sha256};
use tonic::metadata::MetadataMap;

use super::answer;
use crate::{
    crypto::{self, FieldRef},
    ctx::{BodyHash, Ctx, IdempotencyKey},
    db::Scope,
    error::{Error, Result},
    session::{self, Token},
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
    token: Option<Vec<u8>>,
    created_at: DateTime<Utc>,
}

/// The answer to an earlier twin.
pub(crate) struct Kept {
    body_hash: BodyHash,
    reply: Vec<u8>,
    /// Of the session that the twin began.
    token: Option<Token>,
    created_at: DateTime<Utc>,
}

impl Kept {
    /// The same once more. A browser whose session the twin has ended, or which had none, gets the one that it began, too.
    pub(crate) fn answer(self, ctx: &Ctx) -> Response {
        let mut response = answer::message(&self.reply);
        let is_in = ctx.principal().is_ok_and(|principal| principal.revoked_at.is_none());
        if let Some(token) = self.token.filter(|_| !is_in) {
            let mut metadata = MetadataMap::new();
            match session::set_cookie(&mut metadata, ctx, &token) {
                Ok(()) => response.headers_mut().extend(metadata.into_headers()),
                Err(error) => return answer::status(&error.into()),
            }
        }
        response
    }
}

/// The answer kept for this person, RPC and key. Fails when the key was used for another request.
pub(crate) async fn kept_answer(ctx: &Ctx) -> Result<Option<Kept>> {
    let Some(idempotency) = &ctx.request().idempotency else { return Ok(None) };
    let Some(kept) = kept(ctx, idempotency).await? else { return Ok(None) };
    if kept.body_hash != idempotency.body_hash {
        return Err(Error::KeyReused { text: "This idempotency key was used for another request." });
    }
    Ok(Some(kept))
}

/// The answer to the very request that ended the session at `ended`: what it said once, such as recovery codes, is not lost with an
/// answer that never arrived.
pub(crate) async fn answer_that_ended(ctx: &Ctx, ended: DateTime<Utc>) -> Result<Option<Kept>> {
    let Some(idempotency) = &ctx.request().idempotency else { return Ok(None) };
    let kept = kept(ctx, idempotency).await?;
    Ok(kept.filter(|kept| kept.body_hash == idempotency.body_hash && kept.created_at == ended))
}

async fn kept(ctx: &Ctx, idempotency: &IdempotencyKey) -> Result<Option<Kept>> {
    let (org_id, actor_id) = ctx.keeper();
    let sql = "SELECT reply, token, created_at FROM idempotency WHERE org_id = {org} AND actor_id = ? AND rpc = ? AND key = ?";
    let values = vec![actor_id.into(), ctx.request().access.path.into(), idempotency.key.clone().into()];
    // On a connection given back at once: keys are read on one of their own, and holding two could use the pool up.
    let row = {
        let db = ctx.kernel().database.tenant_read(Scope::whole(org_id)).await?;
        db.query::<Row>(sql, values).await?.into_iter().next()
    };
    let Some(Row { reply, token, created_at }) = row else { return Ok(None) };
    let place = idempotency.place(org_id, actor_id, ctx.request().access);
    let content = opened(ctx, place, &reply).await?;
    let (body_hash, reply) = content.split_first_chunk().ok_or_else(|| Error::internal("a kept reply without its hash"))?;
    let token = match token {
        Some(token) => Some(Token::from_kept(&opened(ctx, IdempotencyKey::of_token(place), &token).await?)?),
        None => None,
    };
    Ok(Some(Kept { body_hash: *body_hash, reply: reply.to_vec(), token, created_at }))
}

async fn opened(ctx: &Ctx, place: FieldRef<'static>, ciphertext: &[u8]) -> Result<Vec<u8>> {
    let key = ctx.kernel().keys.of(place.org, ciphertext).await?;
    Ok(crypto::decrypt(&key, place, ciphertext).map_err(Error::internal)?.to_vec())
}
