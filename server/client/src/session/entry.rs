//! Letting somebody in who has shown who they are, whatever they showed: a session, and what it still asks for.

use streamflow_kernel::{
    ctx::{Ctx, SystemWriteDb},
    device,
    error::Result,
    session::{self, Holder, Level, Token},
};
use streamflow_proto::client::v1 as pb;
use tonic::{Response, Status};

use super::{
    api::{answer_with_token, shown},
    switch,
};
use crate::user::{
    domain::subject,
    store::{Membership, User},
};

/// Somebody on the way in.
#[derive(Debug)]
pub struct Entry {
    pub second_factor: pb::SecondFactorState,
    token: Token,
    device: Option<Token>,
}

impl Entry {
    /// Opens the session, for what was true of the person in this very transaction ([`held`](crate::user::store::held)).
    pub async fn open(db: &SystemWriteDb, ctx: &Ctx, user: &User, membership: &Membership) -> Result<Self> {
        Self::open_at(db, ctx, (user, membership), what_is_left(user, membership)).await
    }

    /// The same for somebody who has shown both factors at once, as passkeys do.
    pub async fn open_with_both_factors(db: &SystemWriteDb, ctx: &Ctx, user: &User, membership: &Membership) -> Result<Self> {
        Self::open_at(db, ctx, (user, membership), switch::what_is_left(user, membership)).await
    }

    async fn open_at(
        db: &SystemWriteDb,
        ctx: &Ctx,
        (user, membership): (&User, &Membership),
        (level, second_factor): (Level, pb::SecondFactorState),
    ) -> Result<Self> {
        ctx.about(subject(user, Some(membership)));
        let holder = Holder { user_id: user.id, org_id: membership.org_id, level };
        let token = session::open(db, ctx, holder).await?;
        let device = match level {
            Level::Full => Some(device::remember(ctx, db, user.id).await?),
            Level::Pending => None,
        };
        Ok(Self { second_factor, token, device })
    }

    /// The token as a native client asks for it.
    pub fn shown(&self, asked: bool) -> String {
        shown(&self.token, asked)
    }

    /// The answer, with the cookies of a browser.
    pub fn answer<T>(self, ctx: &Ctx, response: Response<T>) -> Result<Response<T>, Status> {
        let mut response = answer_with_token(ctx, response, &self.token)?;
        if let Some(device) = self.device {
            device::set_cookie(response.metadata_mut(), ctx, &device)?;
        }
        Ok(response)
    }
}

fn what_is_left(user: &User, membership: &Membership) -> (Level, pb::SecondFactorState) {
    if user.totp_confirmed_at.is_some() {
        (Level::Pending, pb::SecondFactorState::CodeNeeded)
    } else if membership.needs_second_factor() {
        (Level::Pending, pb::SecondFactorState::EnrolmentNeeded)
    } else {
        (Level::Full, pb::SecondFactorState::Done)
    }
}
