//! `streamflow.client.v1.AccountService`.

use streamflow_kernel::{
    ctx::{Ctx, Principal, SystemWriteDb},
    device,
    error::{Error, Result, Violations},
    lockout::{Guesses, factor_key},
    session::{self, Level, Token},
    totp,
};
use streamflow_proto::client::{
    reason,
    v1::{self as pb, account_service_server::AccountService},
};
use tonic::{Request, Response, Status};

use super::{mail, reset, store as effects};
use crate::{
    record::input,
    session::{
        api::{account, answer_with_token, promote, shown},
        factor,
    },
    user::{
        domain::{attempts_key, check_password, comparable_password},
        store::{self, User},
    },
};

/// Name of the account in authenticator apps.
const ISSUER: &str = "StreamFlow";
const NOT_CURRENT: &str = "That is not your current password.";

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl AccountService for Api {
    async fn enrol_second_factor(
        &self,
        request: Request<pb::EnrolSecondFactorRequest>,
    ) -> Result<Response<pb::EnrolSecondFactorResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let user = account(&ctx, ctx.principal()?).await?;
        prove(&ctx, &user, &req.current_password, &req.code).await?;
        let secret = totp::generate_secret();
        let sealed = store::seal_totp(ctx.keys(), user.id, store::PENDING, &secret).await?;
        let db = ctx.system().await?;
        if !store::set_pending_totp(&db, &user, sealed).await? {
            return Err(
                Error::refused(reason::ENROLMENT_OVERTAKEN, "An authenticator was set up meanwhile. Sign in again.").into()
            );
        }
        Ok(db.commit(enrolment(&user, &secret)?).await?)
    }

    async fn confirm_second_factor(
        &self,
        request: Request<pb::ConfirmSecondFactorRequest>,
    ) -> Result<Response<pb::ConfirmSecondFactorResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        let user = account(&ctx, principal).await?;
        // Whoever has only the password must not put another factor in the place of the one in use.
        if user.totp_confirmed_at.is_some() && principal.level != Level::Full {
            return Err(Error::refused(reason::AUTHENTICATOR_IN_USE, "Sign in with your present authenticator first.").into());
        }
        let secret = new_secret(&ctx, &user, &req.code).await?;
        let sealed = store::seal_totp(ctx.keys(), user.id, store::IN_USE, &secret).await?;
        let db = ctx.system().await?;
        store::confirm_totp(&db, user.id, sealed, ctx.now()).await?;
        let recovery_codes = replace_recovery_codes(&db, &user).await?;
        session::end_all(&db, user.id, Some(principal.session_id), ctx.now()).await?;
        let (token, device) = promote(&db, &ctx, principal).await?;
        effects::announce(&db, user.id, &ctx.actor(), &["second_factor"]).await?;
        // An enrolment that the sign-in itself demands surprises nobody.
        if principal.level == Level::Full || user.totp_confirmed_at.is_some() {
            ctx.mails().put(&db, None, mail::second_factor_on(&user.email, ctx.public_url())).await?;
        }
        let reply = pb::ConfirmSecondFactorResponse { recovery_codes, token: shown(&token, req.return_token) };
        let mut response = answer_with_token(&ctx, db.commit(reply).await?, &token)?;
        device::set_cookie(response.metadata_mut(), &ctx, &device)?;
        ctx.mails().wake();
        Ok(response)
    }

    async fn regenerate_recovery_codes(
        &self,
        request: Request<pb::RegenerateRecoveryCodesRequest>,
    ) -> Result<Response<pb::RegenerateRecoveryCodesResponse>, Status> {
        let by_bearer = request.metadata().contains_key("authorization");
        let (ctx, req) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        let user = account(&ctx, principal).await?;
        if user.totp_confirmed_at.is_none() {
            return Err(Error::refused(reason::ENROLMENT_NEEDED, "Set up an authenticator first.").into());
        }
        factor::check(&ctx, &user, &req.code).await?;
        let db = ctx.system().await?;
        // Whoever makes some at the same moment takes these out, or has theirs taken out here.
        store::hold(&db, user.id).await?;
        let recovery_codes = replace_recovery_codes(&db, &user).await?;
        let token = renew_session(&db, &ctx, principal, by_bearer).await?;
        effects::announce(&db, user.id, &ctx.actor(), &[]).await?;
        answer(&ctx, db.commit(pb::RegenerateRecoveryCodesResponse { recovery_codes }).await?, token)
    }

    async fn change_password(
        &self,
        request: Request<pb::ChangePasswordRequest>,
    ) -> Result<Response<pb::ChangePasswordResponse>, Status> {
        let by_bearer = request.metadata().contains_key("authorization");
        let (ctx, req) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        let user = account(&ctx, principal).await?;
        let hash = new_password_hash(&ctx, &user, &req).await?;
        let db = ctx.system().await?;
        store::set_password_hash(&db, user.id, &hash).await?;
        store::end_resets(&db, user.id, ctx.now()).await?;
        device::forget_all(&db, user.id).await?;
        let token = end_sessions(&db, &ctx, principal, by_bearer).await?;
        effects::announce(&db, user.id, &ctx.actor(), &[]).await?;
        ctx.mails().put(&db, None, mail::password_changed(&user.email, ctx.public_url())).await?;
        let response = db.commit(pb::ChangePasswordResponse {}).await?;
        ctx.mails().wake();
        answer(&ctx, response, token)
    }

    async fn request_password_reset(
        &self,
        request: Request<pb::RequestPasswordResetRequest>,
    ) -> Result<Response<pb::RequestPasswordResetResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let email = input::email(&req.email).map_err(|problem| Error::invalid("email", problem.sentence()))?;
        if email.is_empty() {
            return Err(Error::invalid("email", "Enter your e-mail address.").into());
        }
        reset::request(&ctx, &email);
        Ok(Response::new(pb::RequestPasswordResetResponse {}))
    }

    async fn reset_password(
        &self,
        request: Request<pb::ResetPasswordRequest>,
    ) -> Result<Response<pb::ResetPasswordResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        Ok(reset::complete(&ctx, &req).await?)
    }
}

fn enrolment(user: &User, secret: &[u8]) -> Result<pb::EnrolSecondFactorResponse> {
    let uri = totp::otpauth_uri(secret, ISSUER, &user.email).ok_or_else(|| Error::internal("no otpauth address"))?;
    let (size, modules) = totp::qr_modules(&uri).ok_or_else(|| Error::internal("the otpauth address fits no QR code"))?;
    Ok(pb::EnrolSecondFactorResponse {
        secret: totp::to_base32(secret),
        otpauth_uri: uri,
        qr_modules: modules,
        qr_size: i32::try_from(size).map_err(Error::internal)?,
    })
}

/// The secret being set up, once a code shows that the person's app has it. Its step is used up for the sign-in that follows.
async fn new_secret(ctx: &Ctx, user: &User, code: &str) -> Result<Vec<u8>> {
    let secret = store::pending_totp(ctx.keys(), user).await?;
    let secret = secret.ok_or_else(|| Error::refused(reason::ENROLMENT_NEEDED, "Set up an authenticator first."))?;
    let attempts = factor_key(user.id, None);
    ctx.count_attempt(&attempts).await?;
    let step = totp::matching_step(&secret, code.trim(), ctx.now());
    let step = step.ok_or_else(|| Error::invalid("code", "That code is not right. Enter the six digits the app shows now."))?;
    // The same step may have been used with the old secret just now; this one's first use is no repetition.
    ctx.use_totp_step(user.id, step).await?;
    ctx.forget_attempts(&attempts).await?;
    Ok(secret)
}

async fn replace_recovery_codes(db: &SystemWriteDb, user: &User) -> Result<Vec<String>> {
    let codes = totp::generate_recovery_codes();
    let hashes = codes.iter().map(|code| totp::hash_recovery_code(code).to_vec()).collect();
    store::replace_recovery_codes(db, user.id, hashes).await?;
    Ok(codes)
}

/// Password, and a code where there is an authenticator, before somebody gets another way in: whoever got hold of a session has neither.
pub async fn prove(ctx: &Ctx, user: &User, password: &str, code: &str) -> Result<()> {
    // Before the code, which is used up by a look at it.
    if !is_current_password(ctx, user, password).await? {
        return Err(Error::invalid("current_password", NOT_CURRENT));
    }
    if user.totp_confirmed_at.is_some() {
        factor::check(ctx, user, code).await?;
    }
    Ok(())
}

/// Whether it is the person's password. Counted before it is looked at, together with all who ask for it.
pub async fn is_current_password(ctx: &Ctx, user: &User, password: &str) -> Result<bool> {
    // Somebody on the way in may be anybody who has the mailbox, and guesses as slowly as at the sign-in.
    if ctx.principal()?.level == Level::Pending {
        let device = device::known(ctx, &ctx.system_read().await?, user.id).await?;
        let guesses = Guesses::new(ctx, attempts_key(&user.email), device.as_deref());
        guesses.count(ctx).await?;
        let ok = is_password(ctx, user, password).await?;
        if ok {
            guesses.forget(ctx).await?;
        }
        return Ok(ok);
    }
    // Strangers don't slow down who is in.
    let attempts = format!("password:{}", user.id);
    ctx.count_attempt(&attempts).await?;
    let ok = is_password(ctx, user, password).await?;
    if ok {
        ctx.forget_attempts(&attempts).await?;
    }
    Ok(ok)
}

async fn is_password(ctx: &Ctx, user: &User, password: &str) -> Result<bool> {
    Ok(ctx.passwords().verify(comparable_password(password), &user.password_hash).await?.ok)
}

/// Checks both passwords, all problems at once.
async fn new_password_hash(ctx: &Ctx, user: &User, req: &pb::ChangePasswordRequest) -> Result<String> {
    let mut problems = Violations::new();
    if !is_current_password(ctx, user, &req.current_password).await? {
        problems.add("current_password", NOT_CURRENT);
    }
    let words = [user.email.as_str(), &user.display_name, &ctx.principal()?.org.name];
    let has_second_factor = user.totp_confirmed_at.is_some();
    if let Err(Error::Invalid(found)) = check_password("new_password", &req.new_password, has_second_factor, &words) {
        problems.extend(found);
    } else if req.new_password == req.current_password {
        problems.add("new_password", "Choose a password that differs from the current one.");
    }
    problems.into_result()?;
    Ok(ctx.passwords().hash(&req.new_password).await?)
}

/// Ends the person's other sessions and renews this one.
async fn end_sessions(db: &SystemWriteDb, ctx: &Ctx, principal: &Principal, by_bearer: bool) -> Result<Option<Token>> {
    session::end_all(db, principal.user_id, Some(principal.session_id), ctx.now()).await?;
    renew_session(db, ctx, principal, by_bearer).await
}

/// A browser goes on with a new session; a native client keeps its own, as these answers have no place for a token.
pub async fn renew_session(db: &SystemWriteDb, ctx: &Ctx, principal: &Principal, by_bearer: bool) -> Result<Option<Token>> {
    if by_bearer {
        return Ok(None);
    }
    session::renew(db, ctx, principal).await.map(Some)
}

pub fn answer<T>(ctx: &Ctx, response: Response<T>, token: Option<Token>) -> Result<Response<T>, Status> {
    match token {
        Some(token) => answer_with_token(ctx, response, &token),
        None => Ok(response),
    }
}
