//! A new person's way in: a password and an authenticator, chosen through a link that works once.

use streamflow_kernel::{
    ctx::{Ctx, Subject},
    db::NO_ORG,
    error::{Error, Result, Violations},
    password::{self, Params},
    session::hash_token,
    totp,
};
use streamflow_proto::{provider::v1 as pb, reason::Reason};
use tonic::Response;

use super::{domain::Admin, store};

const WRONG_CODE: &str = "That code is not right. Codes change every 30 seconds and work once.";

pub async fn begin(ctx: &Ctx, token: &str) -> Result<Response<pb::BeginSetupResponse>> {
    let admin = invited(ctx, token).await?;
    let seed = if admin.totp_secret.is_empty() { totp::generate_secret().to_vec() } else { admin.totp_secret };
    let key = ctx.keys().current(NO_ORG).await?;
    let tx = ctx.system().await?;
    store::keep_seed(&tx, &key, admin.id, &seed).await?;
    let otpauth_uri = totp::otpauth_uri(&seed, "StreamFlow Provider", &admin.email)
        .ok_or_else(|| Error::internal("an address that no authenticator takes"))?;
    let (size, modules) = totp::qr_modules(&otpauth_uri).ok_or_else(|| Error::internal("an address too long for a QR code"))?;
    tx.commit(pb::BeginSetupResponse {
        email: admin.email,
        display_name: admin.display_name,
        secret: totp::to_base32(&seed),
        otpauth_uri,
        qr_size: i32::try_from(size).map_err(Error::internal)?,
        qr_modules: modules,
    })
    .await
}

pub async fn finish(ctx: &Ctx, req: pb::FinishSetupRequest) -> Result<Response<pb::FinishSetupResponse>> {
    let admin = invited(ctx, &req.token).await?;
    ctx.count_attempt(&format!("setup:{}", admin.id)).await?;
    let step = acceptable(ctx, &admin, &req)?;
    if !ctx.use_totp_step(admin.id, step).await? {
        return Err(wrong_code());
    }
    // As costly as the environment's: these people reach as far.
    let hash = ctx.passwords().hash_at(&req.password, Params::BREAK_GLASS).await?;
    let key = ctx.keys().current(NO_ORG).await?;
    let tx = ctx.system().await?;
    if !store::finish_setup(&tx, &key, admin.id, hash_token(&req.token), &hash, ctx.now()).await? {
        return Err(no_such_link());
    }
    let done = tx.commit(pb::FinishSetupResponse {}).await?;
    ctx.forget_attempts(&format!("setup:{}", admin.id)).await?;
    Ok(done)
}

/// The step of the code, when password and code are both good.
fn acceptable(ctx: &Ctx, admin: &Admin, req: &pb::FinishSetupRequest) -> Result<i64> {
    let mut violations = Violations::new();
    let words = ["streamflow", &admin.email, &admin.display_name];
    if let Err(problem) = password::check_policy(&req.password, true, &words) {
        violations.add("password", problem);
    }
    let step = totp::matching_step(&admin.totp_secret, req.code.trim(), ctx.now());
    if step.is_none() {
        violations.add("code", WRONG_CODE);
    }
    violations.into_result()?;
    step.ok_or_else(wrong_code)
}

async fn invited(ctx: &Ctx, token: &str) -> Result<Admin> {
    let row = store::by_link(&ctx.system_read().await?, hash_token(token), ctx.now()).await?;
    let admin = row.ok_or_else(no_such_link)?.open(ctx.keys()).await?;
    let (name, role) = (admin.display_name.clone(), admin.role.clone());
    ctx.about(Subject { org_id: NO_ORG, user_id: Some(admin.id), name, role, ..Subject::default() });
    Ok(admin)
}

fn wrong_code() -> Error {
    Error::invalid("code", WRONG_CODE)
}

fn no_such_link() -> Error {
    Error::refused(Reason::LINK_USED, "This link was used already or has expired. Ask an administrator for a new one.")
}
