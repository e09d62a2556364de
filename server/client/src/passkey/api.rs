//! `streamflow.client.v1.PasskeyService`.

use streamflow_kernel::{
    ctx::Ctx,
    error::{Error, Result},
    ids::{self, prefix},
    lockout::Guesses,
};
use streamflow_proto::client::v1::{self as pb, passkey_service_server::PasskeyService};
use tonic::{Request, Response, Status};

use super::{
    challenge::{self, LIFE, Refusal, party},
    domain::{self, MOST},
    mail,
    store::{self, Passkey},
    webauthn::{ALGORITHMS, Ceremony, ClientData, Counted, Flaw, NewCredential, RelyingParty},
};
use crate::{
    account::{
        api::{answer, prove, renew_session},
        store as effects,
    },
    session::{api::account, entry::Entry},
    user::{
        domain::subject,
        store::{self as users, Membership, User},
    },
};

/// Name of the portal in the browser's own dialogs.
const NAME: &str = "StreamFlow";

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl PasskeyService for Api {
    async fn begin_passkey_registration(
        &self,
        request: Request<pb::BeginPasskeyRegistrationRequest>,
    ) -> Result<Response<pb::BeginPasskeyRegistrationResponse>, Status> {
        let party = party(&request)?;
        let (ctx, req) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        let user = account(&ctx, principal).await?;
        let passkeys = store::passkeys(&ctx.system_read().await?, user.id).await?;
        if passkeys.len() >= MOST {
            return Err(domain::too_many().into());
        }
        // It is as good as both factors, so both are asked for where there are two.
        prove(&ctx, &user, &req.current_password, &req.code).await?;
        let db = ctx.system().await?;
        let challenge = challenge::give(&db, &ctx, &party, Some(principal.session_id)).await?;
        Ok(db.commit(creation(challenge, party, user, passkeys)).await?)
    }

    async fn finish_passkey_registration(
        &self,
        request: Request<pb::FinishPasskeyRegistrationRequest>,
    ) -> Result<Response<pb::FinishPasskeyRegistrationResponse>, Status> {
        let by_bearer = request.metadata().contains_key("authorization");
        let party = party(&request)?;
        let (ctx, req) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        let name = domain::new_name(&req)?;
        let made = made(&ctx, &party, &req).await.map_err(|refusal| refused(refusal, domain::unusable))?;
        let user = account(&ctx, principal).await?;
        let db = ctx.system().await?;
        users::hold(&db, user.id).await?;
        if store::passkeys(&db, user.id).await?.len() >= MOST {
            return Err(domain::too_many().into());
        }
        let passkey = Passkey::new(ctx.new_id(), user.id, party.id, name, made, ctx.now());
        if !store::insert_passkey(&db, &passkey).await? {
            return Err(domain::known_already().into());
        }
        let token = renew_session(&db, &ctx, principal, by_bearer).await?;
        effects::announce(&db, user.id, &ctx.actor(), &[]).await?;
        ctx.mails().put(&db, None, mail::added(&user.email, &passkey.name, ctx.public_url())).await?;
        let response = db.commit(pb::FinishPasskeyRegistrationResponse { passkey: Some(passkey.into_pb()) }).await?;
        ctx.mails().wake();
        answer(&ctx, response, token)
    }

    async fn list_passkeys(
        &self,
        request: Request<pb::ListPasskeysRequest>,
    ) -> Result<Response<pb::ListPasskeysResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let passkeys = store::passkeys(&ctx.system_read().await?, ctx.principal()?.user_id).await?;
        let passkeys = passkeys.into_iter().map(Passkey::into_pb).collect();
        Ok(Response::new(pb::ListPasskeysResponse { passkeys }))
    }

    async fn rename_passkey(
        &self,
        request: Request<pb::RenamePasskeyRequest>,
    ) -> Result<Response<pb::RenamePasskeyResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = ids::parse(prefix::PASSKEY, &req.passkey_id).ok_or_else(missing)?;
        let name = domain::name(&req.name)?;
        let db = ctx.system().await?;
        let passkey = store::rename_passkey(&db, ctx.principal()?.user_id, id, &name).await?.ok_or_else(missing)?;
        Ok(db.commit(pb::RenamePasskeyResponse { passkey: Some(passkey.into_pb()) }).await?)
    }

    async fn remove_passkey(
        &self,
        request: Request<pb::RemovePasskeyRequest>,
    ) -> Result<Response<pb::RemovePasskeyResponse>, Status> {
        let by_bearer = request.metadata().contains_key("authorization");
        let (ctx, req) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        let id = ids::parse(prefix::PASSKEY, &req.passkey_id).ok_or_else(missing)?;
        let db = ctx.system().await?;
        let removed = store::remove_passkey(&db, principal.user_id, id).await?.ok_or_else(missing)?;
        let token = renew_session(&db, &ctx, principal, by_bearer).await?;
        ctx.mails().put(&db, None, mail::removed(&principal.email, &removed.name, ctx.public_url())).await?;
        let response = db.commit(pb::RemovePasskeyResponse {}).await?;
        ctx.mails().wake();
        answer(&ctx, response, token)
    }

    async fn begin_passkey_sign_in(
        &self,
        request: Request<pb::BeginPasskeySignInRequest>,
    ) -> Result<Response<pb::BeginPasskeySignInResponse>, Status> {
        let party = party(&request)?;
        let (ctx, _) = Ctx::enter(request)?;
        let db = ctx.system().await?;
        let challenge = challenge::give(&db, &ctx, &party, None).await?;
        let reply = pb::BeginPasskeySignInResponse { challenge, rp_id: party.id, timeout_seconds: timeout() };
        Ok(db.commit(reply).await?)
    }

    async fn finish_passkey_sign_in(
        &self,
        request: Request<pb::FinishPasskeySignInRequest>,
    ) -> Result<Response<pb::FinishPasskeySignInResponse>, Status> {
        let party = party(&request)?;
        let (ctx, req) = Ctx::enter(request)?;
        let shown = shown_by(&ctx, &party, &req).await.map_err(|refusal| refused(refusal, domain::wrong_passkey))?;
        let db = ctx.system().await?;
        // What was true when the signature was checked may not be any more.
        let held = users::held(&db, shown.user.id, shown.membership.org_id).await?;
        let (user, membership) = held.ok_or_else(domain::wrong_passkey)?;
        if !store::note_use(&db, &shown.passkey, shown.counted, ctx.now()).await? {
            return Err(domain::wrong_passkey().into());
        }
        let entry = Entry::open_with_both_factors(&db, &ctx, &user, &membership).await?;
        let reply =
            pb::FinishPasskeySignInResponse { second_factor: entry.second_factor.into(), token: entry.shown(req.return_token) };
        let response = db.commit(reply).await?;
        entry.answer(&ctx, response)
    }
}

fn creation(challenge: Vec<u8>, party: RelyingParty, user: User, passkeys: Vec<Passkey>) -> pb::BeginPasskeyRegistrationResponse {
    pb::BeginPasskeyRegistrationResponse {
        challenge,
        rp_id: party.id,
        rp_name: NAME.to_owned(),
        user_handle: user.id.as_bytes().to_vec(),
        user_name: user.email,
        user_display_name: user.display_name,
        algorithms: ALGORITHMS.to_vec(),
        exclude_credentials: passkeys.into_iter().map(|passkey| passkey.credential_id).collect(),
        timeout_seconds: timeout(),
    }
}

fn timeout() -> i32 {
    i32::try_from(LIFE.num_seconds()).unwrap_or(i32::MAX)
}

async fn made(ctx: &Ctx, party: &RelyingParty, req: &pb::FinishPasskeyRegistrationRequest) -> Result<NewCredential, Refusal> {
    let data = ClientData::read(&req.client_data_json)?;
    challenge::take(ctx, party, Some(ctx.principal()?.session_id), &data).await?;
    data.check(Ceremony::Registration, party)?;
    Ok(NewCredential::read(&req.attestation_object, &req.client_data_json, party)?)
}

/// Whom a passkey has shown, and where they go.
struct Shown {
    passkey: Passkey,
    counted: Counted,
    user: User,
    membership: Membership,
}

async fn shown_by(ctx: &Ctx, party: &RelyingParty, req: &pb::FinishPasskeySignInRequest) -> Result<Shown, Refusal> {
    let answer = domain::answer(req)?;
    let data = ClientData::read(answer.client_data_json)?;
    challenge::take(ctx, party, None, &data).await?;
    let guesses = Guesses::new(ctx, domain::attempts_key(&req.credential), None);
    guesses.count(ctx).await?;
    data.check(Ceremony::SignIn, party)?;
    let db = ctx.system_read().await?;
    let passkey = store::passkey_by_credential(&db, &req.credential).await?.ok_or_else(domain::wrong_passkey)?;
    let user = users::user(&db, passkey.user_id).await?.ok_or_else(domain::wrong_passkey)?;
    let membership = users::usual_membership(&db, user.id).await?;
    drop(db);
    ctx.about(subject(&user, membership.as_ref()));
    if passkey.rp_id != party.id {
        return Err(Flaw::RpId.into());
    }
    let counted = passkey.credential()?.verify(answer, party).inspect_err(|flaw| {
        // The one thing here that its owner should hear of.
        if let Flaw::SignCount(said) = flaw {
            ctx.note_change("sign_count", passkey.sign_count.into(), (*said).into());
        }
    })?;
    let usable = Some(user).filter(|user| user.disabled_at.is_none()).zip(membership);
    let (user, membership) = usable.ok_or_else(domain::wrong_passkey)?;
    guesses.forget(ctx).await?;
    Ok(Shown { passkey, counted, user, membership })
}

/// The cause is for the log; the caller learns the same of each.
fn refused(refusal: Refusal, told: fn() -> Error) -> Error {
    match refusal {
        Refusal::Error(error) => error,
        Refusal::Flaw(flaw) => {
            tracing::info!(?flaw, "a passkey is not accepted");
            told()
        }
    }
}

fn missing() -> Error {
    Error::not_found("passkey")
}
