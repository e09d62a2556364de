//! Keys of programs that register companies: of each name two are good, the newest and the one before it. They are good for this
//! alone, so that a signature needs no address in it.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::{
    collections::{HashMap, HashSet},
    ops::Deref,
};

use streamflow_kernel::{
    access::signed::{Letter, secret_text},
    crypto::{self, FieldRef},
    ctx::{Ctx, Subject},
    db::NO_ORG,
    error::{Error, Result, Violations},
    federation::guard::Refusal,
    kernel::{Kernel, KeyRing},
};
use uuid::Uuid;

use super::store;

/// Good at a time, of one name.
const LIVE: i64 = 2;
/// Names there may be: a signature is compared with the keys of all.
const MAX_NAMES: usize = 50;
const MAX_NAME: usize = 40;
/// Who has used up an id, beside the systems that use up theirs.
const CALLER: &str = "registration";

/// Makes a key, and ends those of its name but the newest. Returns its secret, which is told this once.
pub async fn create(kernel: &Kernel, name: &str) -> Result<String> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let mut problems = Violations::new();
    if !(1..=MAX_NAME).contains(&name.len()) || !name.bytes().all(is_plain) {
        problems.add("name", "Use 1 to 40 of a-z, 0-9 and hyphens.");
    }
    problems.into_result()?;
    let (id, now, secret) = (kernel.ids.uuid(), kernel.clock.now(), kernel.ids.token());
    let platform = kernel.keys.current(NO_ORG).await?;
    let sealed = crypto::encrypt(&platform, place(id), &secret);
    let db = kernel.database.system().await?;
    let known = store::registration_keys(&db).await?;
    let names: HashSet<&str> = known.iter().map(|key| key.name.as_str()).collect();
    if names.len() >= MAX_NAMES && !names.contains(name) {
        return Err(Error::invalid("name", "There are keys of 50 names already. End those of one that is not needed any more."));
    }
    store::insert_registration_key(&db, store::RegistrationKey { id, name: name.to_owned(), secret: sealed }, now).await?;
    store::delete_registration_keys(&db, name, LIVE).await?;
    db.commit().await?;
    Ok(secret_text(&secret))
}

/// Ends all keys of a name. False when there are none.
pub async fn end(kernel: &Kernel, name: &str) -> Result<bool> {
    let db = kernel.database.system().await?;
    let ended = store::delete_registration_keys(&db, name, 0).await?;
    db.commit().await?;
    Ok(ended > 0)
}

/// The name of the key that signed a request, once it is sure that the request was not received before. None of one without a
/// signature.
pub async fn signer(ctx: &Ctx) -> Result<Option<String>> {
    let Some(letter) = &ctx.request().letter else { return Ok(None) };
    let checked = match letter {
        Ok(letter) => check(ctx, letter).await?,
        Err(refusal) => Err(*refusal),
    };
    let name = checked.map_err(|refusal| {
        let reason = refusal.reason().name;
        metrics::counter!("registration_refused_total", "reason" => reason).increment(1);
        tracing::warn!(ip = %ctx.request().ip, reason, why = refusal.text(), "a signed registration was refused");
        refusal.into_error()
    })?;
    ctx.about(Subject { name: format!("registration key {name}"), ..Subject::default() });
    Ok(Some(name))
}

async fn check(ctx: &Ctx, letter: &Letter) -> Result<std::result::Result<String, Refusal>> {
    let mut keys = live(store::registration_keys(&ctx.system_read().await?).await?);
    let mut secrets = Vec::with_capacity(keys.len());
    for key in &keys {
        secrets.push(opened(ctx.keys(), key).await?);
    }
    let signer = match letter.signer(secrets.iter().map(|secret| secret.as_slice()), ctx.now()) {
        Ok(place) => keys.swap_remove(place),
        Err(refusal) => return Ok(Err(refusal)),
    };
    // Before anything runs, and for all processes: of two equal requests one finds the other's row.
    let ledger = ctx.federation().ledger();
    if !ledger.use_nonce(CALLER, &signer.name, letter.id(), ctx.now()).await? {
        return Ok(Err(Refusal::Replay));
    }
    Ok(Ok(signer.name))
}

/// Two commands at once may leave one key more than there should be.
fn live(keys: Vec<store::RegistrationKey>) -> Vec<store::RegistrationKey> {
    let mut seen: HashMap<String, i64> = HashMap::new();
    let mut is_live = |key: &store::RegistrationKey| {
        let count = seen.entry(key.name.clone()).or_default();
        *count += 1;
        *count <= LIVE
    };
    keys.into_iter().filter(|key| is_live(key)).collect()
}

async fn opened(ring: &KeyRing, key: &store::RegistrationKey) -> Result<impl Deref<Target = Vec<u8>> + use<>> {
    let platform = ring.of(NO_ORG, &key.secret).await?;
    crypto::decrypt(&platform, place(key.id), &key.secret).map_err(Error::internal)
}

const fn place(id: Uuid) -> FieldRef<'static> {
    FieldRef { org: NO_ORG, table: "registration_keys", column: "secret", row: id }
}
