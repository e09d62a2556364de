//! `streamflow.client.v1.TeamService`.

use streamflow_kernel::{
    clock::timestamp,
    ctx::{Ctx, Principal, WriteDb},
    db::TenantDb,
    error::{Error, Result},
    feed::{Audience, Change, Op},
    ids::{self, prefix},
    list::ListRequest,
    session,
};
use streamflow_proto::client::v1::{self as pb, team_service_server::TeamService};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    domain::{
        MemberPatch, TeamName, TeamPatch, keeps_an_owner,
        rights::{Runner, Target},
    },
    leave,
    store::{self, Locked, Member, Team},
};
use crate::{assignment_rule, invitation, permission, support_session::mask::Masked as _};

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl TeamService for Api {
    async fn list_members(&self, request: Request<pb::ListMembersRequest>) -> Result<Response<pb::ListMembersResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let list = store::MEMBER_LIST.read(ListRequest::page(req.page_size, &req.page_token)).map_err(Error::from)?;
        let tx = ctx.read().await?;
        let (members, page) = store::members(&tx, &list).await?;
        let reader = ctx.principal()?;
        let members = members.into_iter().map(|member| member_into_pb(member, reader).for_reader(reader)).collect();
        Ok(Response::new(pb::ListMembersResponse { members, page: Some(page) }))
    }

    async fn update_member(
        &self,
        request: Request<pb::UpdateMemberRequest>,
    ) -> Result<Response<pb::UpdateMemberResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let patch = MemberPatch::parse(req.member, req.update_mask)?;
        let tx = ctx.write_whole_org().await?;
        let before = store::lock_member(&tx, patch.user_id).await?.ok_or(Error::not_found("member"))?;
        let after = before.standing.after(&patch);
        let runner = Runner::of(ctx.principal()?);
        runner.check_person(before.target(patch.user_id))?;
        runner.check_patch(before.target(patch.user_id), &patch)?;
        check_version(&tx, &ctx, &before, &patch).await?;
        keeps_an_owner(before.standing, Some(after), before.other_owners)?;
        check_teams(&tx, &patch).await?;
        store::update_member(&tx, &patch, after, ctx.now()).await?;
        let is_lessened = (after.disabled && !before.standing.disabled) || (after.read_only && !before.standing.read_only);
        if after.role != before.standing.role || is_lessened {
            end_sessions(&tx, &ctx, patch.user_id).await?;
        }
        tx.record(member_change(patch.user_id, before.version + 1, Op::Updated, &patch.fields()));
        let member = store::member(&tx, patch.user_id).await?.ok_or(Error::not_found("member"))?;
        let member = member_into_pb(member, ctx.principal()?);
        Ok(tx.commit(pb::UpdateMemberResponse { member: Some(member) }).await?)
    }

    async fn remove_member(
        &self,
        request: Request<pb::RemoveMemberRequest>,
    ) -> Result<Response<pb::RemoveMemberResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let user_id = ids::parse(prefix::USER, &req.user_id).ok_or(Error::not_found("member"))?;
        let tx = ctx.write_whole_org().await?;
        let before = store::lock_member(&tx, user_id).await?.ok_or(Error::not_found("member"))?;
        Runner::of(ctx.principal()?).check_person(before.target(user_id))?;
        keeps_an_owner(before.standing, None, before.other_owners)?;
        end_sessions(&tx, &ctx, user_id).await?;
        leave::release_person(&tx, user_id, &ctx.actor()).await?;
        store::delete_member(&tx, user_id).await?;
        tx.record(member_change(user_id, before.version + 1, Op::Deleted, &[]));
        Ok(tx.commit(pb::RemoveMemberResponse {}).await?)
    }

    async fn list_teams(&self, request: Request<pb::ListTeamsRequest>) -> Result<Response<pb::ListTeamsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let list = store::TEAM_LIST.read(ListRequest::page(req.page_size, &req.page_token)).map_err(Error::from)?;
        let tx = ctx.read().await?;
        let (teams, page) = store::teams(&tx, &list).await?;
        Ok(Response::new(pb::ListTeamsResponse { teams: teams.into_iter().map(team_into_pb).collect(), page: Some(page) }))
    }

    async fn create_team(&self, request: Request<pb::CreateTeamRequest>) -> Result<Response<pb::CreateTeamResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let TeamName(name) = TeamName::parse(req.team.as_ref())?;
        let runner = Runner::of(ctx.principal()?);
        let tx = ctx.write().await?;
        check_name(&tx, None, &name).await?;
        let team = Team { id: ctx.new_id(), version: 1, name, sort_name: String::new() };
        if !store::insert_team(&tx, &team, ctx.now()).await? {
            return Err(name_taken().into());
        }
        tx.record(team_change(&team, Op::Created));
        if !runner.may_run(team.id) {
            // Whoever runs only their own teams would otherwise have made one they can't touch.
            let version = store::join_team(&tx, team.id, runner.user_id).await?;
            tx.record(member_change(runner.user_id, version, Op::Updated, &["team_ids"]));
        }
        Ok(tx.commit(pb::CreateTeamResponse { team: Some(team_into_pb(team)) }).await?)
    }

    async fn update_team(&self, request: Request<pb::UpdateTeamRequest>) -> Result<Response<pb::UpdateTeamResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let patch = TeamPatch::parse(req.team)?;
        let tx = ctx.write().await?;
        let current = store::team(&tx, patch.id).await?.ok_or(Error::not_found("team"))?;
        Runner::of(ctx.principal()?).check_team(patch.id)?;
        check_name(&tx, Some(patch.id), &patch.name).await?;
        if !store::rename_team(&tx, patch.id, patch.version, &patch.name).await? {
            return Err(Error::conflict(&team_into_pb(current)).into());
        }
        let team = Team { version: patch.version + 1, name: patch.name, ..current };
        tx.record(team_change(&team, Op::Updated));
        Ok(tx.commit(pb::UpdateTeamResponse { team: Some(team_into_pb(team)) }).await?)
    }

    async fn delete_team(&self, request: Request<pb::DeleteTeamRequest>) -> Result<Response<pb::DeleteTeamResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = ids::parse(prefix::TEAM, &req.team_id).ok_or(Error::not_found("team"))?;
        let tx = ctx.write_whole_org().await?;
        let team = store::team(&tx, id).await?.ok_or(Error::not_found("team"))?;
        Runner::of(ctx.principal()?).check_team(id)?;
        tx.record(team_change(&team, Op::Deleted));
        // What these people see changes with the team; their open pages join anew.
        for (user_id, version) in store::people_of(&tx, id).await? {
            tx.record(member_change(user_id, version, Op::Updated, &["team_ids"]));
        }
        assignment_rule::store::release_team(&tx, id).await?;
        leave::release_team(&tx, id, &ctx.actor()).await?;
        store::delete_team(&tx, id).await?;
        Ok(tx.commit(pb::DeleteTeamResponse {}).await?)
    }
}

impl Locked {
    fn target(&self, user_id: Uuid) -> Target<'_> {
        Target { user_id, role: self.standing.role, team_ids: &self.team_ids }
    }
}

/// Ends what somebody who loses a role, a place or the right to write could still use: sessions, whose requests may wait in line
/// already, and invitations they sent.
async fn end_sessions(tx: &WriteDb, ctx: &Ctx, user_id: Uuid) -> Result<()> {
    session::end_all_in_company(tx, user_id, ctx.now()).await?;
    invitation::store::revoke_by_inviter(tx, user_id, ctx.now()).await?;
    Ok(())
}

/// A stale edit gets the person as they are now.
async fn check_version(tx: &TenantDb, ctx: &Ctx, before: &Locked, patch: &MemberPatch) -> Result<()> {
    if before.version == patch.version {
        return Ok(());
    }
    let current = store::member(tx, patch.user_id).await?.ok_or(Error::not_found("member"))?;
    Err(Error::conflict(&member_into_pb(current, ctx.principal()?)))
}

async fn check_teams(tx: &TenantDb, patch: &MemberPatch) -> Result<()> {
    for team_id in patch.team_ids.iter().flatten() {
        if !store::team_exists(tx, *team_id).await? {
            return Err(Error::invalid("member.team_ids", "Choose teams from the list."));
        }
    }
    Ok(())
}

/// Names that differ in case only would be mistaken for each other.
async fn check_name(tx: &TenantDb, own: Option<Uuid>, name: &str) -> Result<()> {
    let wanted = name.to_lowercase();
    let taken = store::all_teams(tx).await?.into_iter().any(|team| Some(team.id) != own && team.name.to_lowercase() == wanted);
    if taken { Err(name_taken()) } else { Ok(()) }
}

fn name_taken() -> Error {
    Error::invalid("team.name", "There is a team of this name already.")
}

fn member_change(id: Uuid, version: i64, op: Op, fields: &[&str]) -> Change {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    Change { entity: "member", id, version, op, fields, audience: Audience::EVERYONE }
}

fn team_change(team: &Team, op: Op) -> Change {
    Change { entity: "team", id: team.id, version: team.version, op, fields: Vec::new(), audience: Audience::EVERYONE }
}

/// Addresses, and who lacks a second factor, are for those who run the team.
fn member_into_pb(member: Member, reader: &Principal) -> pb::Member {
    let runs_team = permission::may(&reader.role, "member.write");
    pb::Member {
        id: ids::format(prefix::USER, member.user_id),
        version: member.version,
        display_name: member.display_name,
        email: if runs_team { member.email } else { String::new() },
        role: member.standing.role.into(),
        team_ids: member.team_ids.iter().map(|id| ids::format(prefix::TEAM, *id)).collect(),
        read_only: member.standing.read_only,
        disabled: member.standing.disabled,
        second_factor: runs_team && member.second_factor,
        last_seen_at: member.last_seen_at.filter(|_| runs_team).and_then(timestamp),
    }
}

fn team_into_pb(team: Team) -> pb::Team {
    pb::Team { id: ids::format(prefix::TEAM, team.id), version: team.version, name: team.name }
}
