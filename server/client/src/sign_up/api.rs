//! `streamflow.client.v1.SignUpService`.

use streamflow_kernel::{
    clock::timestamp,
    ctx::{Ctx, Subject},
    error::{Error, Result, Violations},
    session::hash_token,
};
use streamflow_proto::client::v1::{self as pb, sign_up_service_server::SignUpService};
use tonic::{Request, Response, Status};

use super::{
    account,
    domain::{Beginner, SignUp, closed, industries},
    start, store,
};
use crate::{
    org::domain::TRIAL,
    registration::{
        api::{answer, register},
        domain::{Admission, Wanted},
        store::is_taken,
    },
    user::domain::check_password,
};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl SignUpService for Api {
    async fn start_sign_up(&self, request: Request<pb::StartSignUpRequest>) -> Result<Response<pb::StartSignUpResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        start::send(&ctx, Beginner::parse(&req)?);
        Ok(Response::new(pb::StartSignUpResponse {}))
    }

    async fn confirm_sign_up(
        &self,
        request: Request<pb::ConfirmSignUpRequest>,
    ) -> Result<Response<pb::ConfirmSignUpResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let sign_up = store::by_token(&ctx.system_read().await?, hash_token(&req.token), ctx.now()).await?.ok_or_else(closed)?;
        about(&ctx, &sign_up);
        account::check_free(&ctx.system_read().await?, &sign_up.email).await?;
        // Owners can't get past their first sign-in without a second factor.
        check_password("password", &req.password, true, &[&sign_up.email, &sign_up.display_name])?;
        let hash = ctx.passwords().hash(&req.password).await.map_err(Error::from)?;
        let secret = ctx.new_token();
        let db = ctx.system().await?;
        if !store::confirm(&db, sign_up.id, &hash, secret.hash(), ctx.now()).await? {
            return Err(closed().into());
        }
        let reply = pb::ConfirmSignUpResponse {
            set_up_token: secret.reveal().to_owned(),
            email: sign_up.email,
            display_name: sign_up.display_name,
            industries: industries(),
            trial_ends_at: timestamp(ctx.now() + TRIAL),
        };
        Ok(db.commit(reply).await?)
    }

    async fn set_up_company(
        &self,
        request: Request<pb::SetUpCompanyRequest>,
    ) -> Result<Response<pb::SetUpCompanyResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let secret = hash_token(&req.set_up_token);
        let sign_up = store::by_set_up(&ctx.system_read().await?, secret, ctx.now()).await?.ok_or_else(closed)?;
        about(&ctx, &sign_up);
        let wanted = wanted(&ctx, sign_up, req).await?;
        let registration = register(&ctx, &wanted, true).await?;
        let made = answer(&ctx, &registration);
        Ok(Response::new(pb::SetUpCompanyResponse { tenant_id: made.tenant_id, state: made.state }))
    }
}

/// The company of a sign-up, or every problem at once.
async fn wanted(ctx: &Ctx, sign_up: SignUp, req: pb::SetUpCompanyRequest) -> Result<Wanted> {
    let mut problems = Violations::new();
    let wanted = Wanted::read(sign_up.company(req), Admission::SignUp(sign_up), &mut problems);
    // Of a request that is right this is found out where the name is taken.
    if let Some(wish) = wanted.wish.as_ref().filter(|_| !problems.is_empty())
        && is_taken(&ctx.system_read().await?, wish).await?
    {
        problems.add("tenant_id", "This name in page addresses is taken by another company.");
    }
    problems.into_result()?;
    Ok(wanted)
}

fn about(ctx: &Ctx, sign_up: &SignUp) {
    ctx.about(Subject { name: sign_up.display_name.clone(), ..Subject::default() });
}
