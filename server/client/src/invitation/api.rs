//! `streamflow.client.v1.InvitationService`.

use streamflow_kernel::{
    clock::timestamp,
    ctx::{Ctx, Subject},
    error::{Error, Result},
    feed::{Actor, Audience, Change, Op},
    ids::{self, prefix},
    list::ListRequest,
    session::hash_token,
};
use streamflow_proto::{
    client::{
        reason,
        v1::{self as pb, invitation_service_server::InvitationService},
    },
    reason::Reason,
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    domain::{A_DAY, DAY, LIFE, MAX_OPEN, NewInvitation, check_pace},
    mail,
    newcomer::{self, Newcomer},
    store::{self, Invitation, Joined, Offer},
};
use crate::{
    notification::news::{self, About, News},
    team,
    team::domain::{
        rights::{Runner, may_hand_out},
        role_name, role_of,
    },
};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl InvitationService for Api {
    async fn list_invitations(
        &self,
        request: Request<pb::ListInvitationsRequest>,
    ) -> Result<Response<pb::ListInvitationsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let list = store::LIST.read(ListRequest::page(req.page_size, &req.page_token)).map_err(Error::from)?;
        let tx = ctx.read().await?;
        let (invitations, page) = store::open_invitations(&tx, ctx.now(), &list).await?;
        let invitations = invitations.into_iter().map(into_pb).collect();
        Ok(Response::new(pb::ListInvitationsResponse { invitations, page: Some(page) }))
    }

    async fn create_invitation(
        &self,
        request: Request<pb::CreateInvitationRequest>,
    ) -> Result<Response<pb::CreateInvitationResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let principal = ctx.principal()?;
        let new = NewInvitation::parse(&req, Runner::of(principal))?;
        let tx = ctx.write().await?;
        check_new(&ctx, &tx, &new).await?;
        let token = ctx.new_token();
        let invitation = Invitation {
            id: ctx.new_id(),
            email: new.email,
            role: role_name(new.role).to_owned(),
            team_id: new.team_id,
            inviter_name: principal.display_name.clone(),
            created_at: ctx.now(),
            expires_at: ctx.now() + LIFE,
        };
        store::revoke_of_address(&tx, &invitation.email, ctx.now()).await?;
        store::insert_invitation(&tx, &invitation, principal.user_id, token.hash()).await?;
        let letter = mail::invitation(ctx.public_url(), principal, &invitation.email, token.reveal());
        ctx.mails().put_for_org(&tx, letter).await?;
        tx.record(change(invitation.id, Op::Created));
        let response = tx.commit(pb::CreateInvitationResponse { invitation: Some(into_pb(invitation)) }).await?;
        ctx.mails().wake();
        Ok(response)
    }

    async fn revoke_invitation(
        &self,
        request: Request<pb::RevokeInvitationRequest>,
    ) -> Result<Response<pb::RevokeInvitationResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let missing = || Error::not_found("invitation");
        let id = ids::parse(prefix::INVITATION, &req.invitation_id).ok_or_else(missing)?;
        let tx = ctx.write().await?;
        let invitation = store::open_invitation(&tx, id, ctx.now()).await?.ok_or_else(missing)?;
        let runner = Runner::of(ctx.principal()?);
        if !may_hand_out(runner.role, role_of(&invitation.role)) {
            return Err(Error::refused(
                Reason::ROLE,
                "Only an owner can take back an invitation of an owner, manager or accountant.",
            )
            .into());
        }
        if let Some(team_id) = invitation.team_id {
            runner.check_team(team_id)?;
        }
        if !store::revoke_invitation(&tx, id, ctx.now()).await? {
            return Err(missing().into());
        }
        tx.record(change(id, Op::Deleted));
        Ok(tx.commit(pb::RevokeInvitationResponse {}).await?)
    }

    async fn get_invitation(
        &self,
        request: Request<pb::GetInvitationRequest>,
    ) -> Result<Response<pb::GetInvitationResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let offer = open_offer(&ctx, &req.token).await?;
        let has_account = newcomer::account(&ctx, &offer).await?.is_some();
        Ok(Response::new(pb::GetInvitationResponse {
            role: role_of(&offer.role).into(),
            org_name: offer.org_name,
            email: offer.email,
            invited_by: offer.inviter_name,
            has_account,
        }))
    }

    async fn accept_invitation(
        &self,
        request: Request<pb::AcceptInvitationRequest>,
    ) -> Result<Response<pb::AcceptInvitationResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let offer = open_offer(&ctx, &req.token).await?;
        let newcomer = newcomer::recognise(&ctx, &offer, &req).await?;
        let db = ctx.system().await?;
        newcomer.insert(&db, &ctx, &offer).await?;
        match store::join(&db, &offer, newcomer.id(), ctx.now()).await? {
            Joined::Yes => {}
            Joined::Closed => return Err(closed().into()),
            Joined::AlreadyMember => {
                return Err(Error::refused(reason::ALREADY_MEMBER, "You belong to this company already. Sign in.").into());
            }
        }
        ctx.about(subject(&offer, &newcomer));
        let actor = Actor { id: Some(newcomer.id()), name: newcomer.name().to_owned(), at: ctx.now() };
        let joined = Change { entity: "member", ..change(newcomer.id(), Op::Created) };
        let told = news::notify_in(&db, offer.org_id, accepted(&ctx, &offer, &newcomer)).await?;
        db.append_changes(offer.org_id, &actor, &[joined, change(offer.id, Op::Deleted), told]).await?;
        Ok(db.commit(pb::AcceptInvitationResponse {}).await?)
    }
}

/// What the rows say against a new invitation.
async fn check_new(ctx: &Ctx, tx: &streamflow_kernel::db::TenantDb, new: &NewInvitation) -> Result<()> {
    let mut problems = streamflow_kernel::error::Violations::new();
    if store::is_member(tx, &new.email).await? {
        problems.add("email", "Somebody with this address is in the company already.");
    }
    if let Some(team_id) = new.team_id
        && !team::store::team_exists(tx, team_id).await?
    {
        problems.add("team_id", "Choose a team from the list.");
    }
    problems.into_result()?;
    check_pace(&store::sent_since(tx, ctx.now() - DAY, A_DAY).await?, &new.email, ctx.now())?;
    if store::count_open(tx, ctx.now()).await? >= MAX_OPEN {
        return Err(Error::refused(reason::TOO_MANY_INVITATIONS, "There are too many open invitations. Take some back first."));
    }
    Ok(())
}

/// The invitation of a link, if it can still be accepted.
async fn open_offer(ctx: &Ctx, token: &str) -> Result<Offer> {
    let db = ctx.system_read().await?;
    let offer = store::offer(&db, hash_token(token)).await?.ok_or(Error::not_found("invitation"))?;
    ctx.about(Subject { org_id: offer.org_id, ..Subject::default() });
    if offer.is_open(ctx.now()) { Ok(offer) } else { Err(closed()) }
}

fn closed() -> Error {
    Error::refused(reason::INVITATION_CLOSED, "This invitation has expired, was used or was taken back. Ask for a new one.")
}

fn subject(offer: &Offer, newcomer: &Newcomer) -> Subject {
    let (name, role) = (newcomer.name().to_owned(), offer.role.clone());
    Subject { org_id: offer.org_id, user_id: Some(newcomer.id()), name, role, ..Subject::default() }
}

/// What whoever invited is told.
fn accepted(ctx: &Ctx, offer: &Offer, newcomer: &Newcomer) -> News {
    News {
        id: ctx.new_id(),
        to: offer.invited_by,
        about: About::Invitation,
        title: format!("{} accepted your invitation", newcomer.name()),
        body: format!("Joined as {}.", offer.role.to_lowercase()),
        link: "team".to_owned(),
        at: ctx.now(),
    }
}

fn change(id: Uuid, op: Op) -> Change {
    Change { entity: "invitation", id, version: 1, op, fields: Vec::new(), audience: Audience::EVERYONE }
}

fn into_pb(invitation: Invitation) -> pb::Invitation {
    pb::Invitation {
        id: ids::format(prefix::INVITATION, invitation.id),
        email: invitation.email,
        role: role_of(&invitation.role).into(),
        team_id: ids::format_option(prefix::TEAM, invitation.team_id),
        invited_by: invitation.inviter_name,
        created_at: timestamp(invitation.created_at),
        expires_at: timestamp(invitation.expires_at),
    }
}
