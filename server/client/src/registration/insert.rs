//! Accepting a registration: found, or written with the job that finishes it.

use streamflow_kernel::{
    ctx::Ctx,
    db::SystemDb,
    error::{Error, Result},
    jobs::NewJob,
};
use uuid::Uuid;

use super::{
    api::answer,
    domain::{Admission, Registration, Wanted, check_same, sealed},
    provision, store, token,
};
use crate::sign_up::account;

/// How often a race for a name in page addresses is run again.
const TRIES: usize = 5;
/// Names that are tried before one with a random end.
const NUMBERED: u32 = 20;

/// The registration of this number, if it is the same one. Other content under the same number is an error.
/// `is_own` when the token was used for it.
pub async fn find(ctx: &Ctx, wanted: &Wanted, is_own: bool) -> Result<Option<Registration>> {
    let found = store::by_external_id(&ctx.system_read().await?, &wanted.external_customer_id).await?;
    if let Some(found) = &found {
        let is_own = is_own || found.was_signed_by(&wanted.admission);
        check_same(&found.request(ctx.keys()).await?, &wanted.request, is_own)?;
    }
    Ok(found)
}

/// Writes it with its job and uses the token up, or finds what a twin has written meanwhile.
pub async fn insert(ctx: &Ctx, wanted: &Wanted) -> Result<Registration> {
    let id = ctx.new_id();
    let request = sealed(ctx.keys(), id, &wanted.request).await?;
    for _ in 0..TRIES {
        match try_insert(ctx, wanted, id, request.clone()).await {
            Ok(Some(registration)) => return Ok(registration),
            // Names and tokens that are gone may be so by the twin's hand.
            outcome => match (find(ctx, wanted, false).await, outcome) {
                // It may be there: the error of looking would say that nothing was changed.
                (Err(_), Err(error @ Error::Unsure(_))) => return Err(error),
                (found, outcome) => match (found?, outcome) {
                    (Some(known), _) => return Ok(known),
                    (None, Err(error)) => return Err(error),
                    (None, Ok(_)) => {}
                },
            },
        }
    }
    Err(Error::Unavailable("names in page addresses were taken as quickly as they were found".into()))
}

async fn try_insert(ctx: &Ctx, wanted: &Wanted, id: Uuid, request: Vec<u8>) -> Result<Option<Registration>> {
    let db = ctx.system().await?;
    let tenant_id = choose(&db, wanted, id).await?;
    let (external_customer_id, now) = (wanted.external_customer_id.as_str(), ctx.now());
    let signed_by = if let Admission::Key(name) = &wanted.admission { name } else { "" };
    let new = store::NewRegistration { id, external_customer_id, tenant_id: &tenant_id, request, signed_by, now };
    if !store::insert_registration(&db, new).await? {
        return Ok(None);
    }
    match &wanted.admission {
        Admission::Token(hash) if !store::use_sign_up_token(&db, hash, id, now).await? => return Err(token::refused()),
        Admission::Token(_) | Admission::Key(_) => {}
        Admission::SignUp(sign_up) => account::open(&db, ctx, sign_up).await?,
    }
    ctx.jobs().put(&db, None, NewJob::new(provision::KIND).key(id.simple().to_string())).await?;
    let registration = store::registration(&db, id).await?.ok_or_else(|| Error::internal("a registration is gone"))?;
    db.commit(answer(ctx, &registration)).await?;
    ctx.jobs().wake();
    Ok(Some(registration))
}

async fn choose(db: &SystemDb, wanted: &Wanted, id: Uuid) -> Result<String> {
    match &wanted.wish {
        None => free_tenant_id(db, &wanted.slug, id).await,
        Some(wish) if store::is_taken(db, wish).await? => {
            Err(Error::invalid("tenant_id", "This name in page addresses is taken by another company."))
        }
        Some(wish) => Ok(wish.clone()),
    }
}

/// The name, or the first that is free of those like it: `harrow-pike-2`.
pub async fn free_tenant_id(db: &SystemDb, name: &str, id: Uuid) -> Result<String> {
    if !store::is_taken(db, name).await? {
        return Ok(name.to_owned());
    }
    for number in 2..=NUMBERED {
        let numbered = with_end(name, &number.to_string());
        if !store::is_taken(db, &numbered).await? {
            return Ok(numbered);
        }
    }
    // The last digits of a UUIDv7 are random.
    Ok(with_end(name, &id.simple().to_string()[20..]))
}

fn with_end(name: &str, end: &str) -> String {
    let room = 40 - end.len() - 1;
    format!("{}-{end}", name[..name.len().min(room)].trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_long_name_makes_room_for_its_end() {
        assert_eq!(super::with_end("harrow-pike", "2"), "harrow-pike-2");
        let long = super::with_end(&"x".repeat(40), "12");
        assert_eq!((long.len(), &long[36..]), (40, "x-12"));
        assert_eq!(super::with_end(&format!("{}-yyyyyy", "x".repeat(33)), "123456"), format!("{}-123456", "x".repeat(33)));
    }
}
