//! The people, teams and open invitations of the company, read together and kept in step.

use streamflow_proto::client::v1::{self as pb, invitation_service_client::InvitationServiceClient};
use web_kit::{
    api::use_api,
    field::Choice,
    list::{pages::Pages, rows::Page},
    live::{Heard, use_live},
    load::Load,
};

use crate::{
    api::{may, me, role_name, session},
    parts::directory::{all_members, all_teams},
};

#[derive(Clone, Copy)]
pub struct Crew {
    pub members: Load<Vec<pb::Member>>,
    pub teams: Load<Vec<pb::Team>>,
    pub invitations: Load<Vec<pb::Invitation>>,
    /// The invitations again, for the button that reads more of them.
    pub open: Pages<pb::Invitation>,
}

pub fn use_crew() -> Crew {
    let api = use_api();
    // All of them: who is in a team, and who can be given something, is told from these.
    let members = Load::new(move || all_members(api));
    let teams = Load::new(move || all_teams(api));
    let open = Pages::new(move |page_token| async move {
        if !may("member.invite") {
            return Ok(Page { rows: Vec::new(), next_page_token: String::new(), total: None });
        }
        let call = async |transport, request| InvitationServiceClient::new(transport).list_invitations(request).await;
        let request = pb::ListInvitationsRequest { page_token, ..Default::default() };
        let reply = api.read(request, call).await?;
        Ok(Page { rows: reply.invitations, next_page_token: reply.page.unwrap_or_default().next_page_token, total: None })
    });
    let crew = Crew { members, teams, invitations: open.load, open };
    use_live(move |heard| match heard {
        Heard::Change(change) => match &*change.entity {
            "member" => {
                crew.members.reload();
                // What this person may do has changed.
                if is_me(&change.id) {
                    session().refresh();
                }
            }
            "team" => {
                crew.teams.reload();
                crew.members.reload();
            }
            "invitation" => crew.invitations.reload(),
            _ => {}
        },
        Heard::Reset => crew.reload(),
    });
    crew
}

impl Crew {
    pub fn reload(self) {
        self.members.reload();
        self.teams.reload();
        self.invitations.reload();
    }

    /// Names of teams, in the order of the list.
    pub fn team_names(self, ids: &[String]) -> String {
        self.teams.with(|teams| {
            let named = teams.into_iter().flatten().filter(|team| ids.contains(&team.id));
            named.map(|team| team.name.clone()).collect::<Vec<_>>().join(", ")
        })
    }

    /// The teams this person puts people into.
    pub fn team_choices(self) -> Vec<Choice> {
        self.teams.with(|teams| {
            let run = teams.into_iter().flatten().filter(|team| may_run(&team.id));
            run.map(|team| Choice::new(team.id.clone(), team.name.clone())).collect()
        })
    }
}

pub fn is_me(user_id: &str) -> bool {
    me().user.is_some_and(|user| user.id == user_id)
}

fn is_owner() -> bool {
    me().role() == pb::Role::Owner
}

/// Whether this person renames and deletes a team, and puts people into it. The server decides; pages only don't offer what it refuses.
pub fn may_run(team_id: &str) -> bool {
    is_owner() || me().team_ids.iter().any(|id| id == team_id)
}

/// Whether this person changes somebody: managers change the people of their teams, and those of no team.
pub fn may_change(member: &pb::Member) -> bool {
    let own_teams = me().team_ids;
    let near = if member.team_ids.is_empty() { !own_teams.is_empty() } else { shares(&member.team_ids, &own_teams) };
    is_owner() || (near && !is_me(&member.id) && is_beneath_managers(member.role()))
}

/// Whether this person takes an invitation back.
pub fn may_take_back(invitation: &pb::Invitation) -> bool {
    let near = invitation.team_id.is_empty() || may_run(&invitation.team_id);
    is_owner() || (near && is_beneath_managers(invitation.role()))
}

/// Roles this person may hand out.
pub fn offered_roles() -> Vec<pb::Role> {
    ROLES.into_iter().filter(|role| is_owner() || is_beneath_managers(*role)).collect()
}

/// Managers hand out only what sees and does less than they do.
const fn is_beneath_managers(role: pb::Role) -> bool {
    matches!(role, pb::Role::Staff | pb::Role::Employee)
}

fn shares(left: &[String], right: &[String]) -> bool {
    left.iter().any(|id| right.contains(id))
}

/// Roles from the one who may all to the one who may least.
pub const ROLES: [pb::Role; 5] = [pb::Role::Owner, pb::Role::Manager, pb::Role::Staff, pb::Role::Employee, pb::Role::Accountant];

/// What a role sees and does, in one sentence.
pub fn role_text(role: pb::Role) -> &'static str {
    match role {
        pb::Role::Owner => t!("Sees and does everything, and runs the team."),
        pb::Role::Manager => t!("Sees the records of their teams, imports, and invites people."),
        pb::Role::Staff => t!("Sees and changes the records they own or are assigned."),
        pb::Role::Employee => t!("Sees the records they are assigned."),
        pb::Role::Accountant => t!("Reads customers and contacts; changes none."),
        pb::Role::Unspecified => "",
    }
}

/// A role as a choice; its value is the number on the wire.
pub fn role_choice(role: pb::Role) -> Choice {
    Choice::new((role as i32).to_string(), role_name(role))
}

pub fn chosen_role(value: &str) -> pb::Role {
    value.parse().ok().and_then(|number: i32| pb::Role::try_from(number).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_survives_being_a_choice() {
        for role in ROLES {
            assert_eq!(chosen_role(&role_choice(role).value), role);
            assert!(!role_text(role).is_empty());
        }
        assert_eq!(chosen_role("x"), pb::Role::Unspecified);
    }
}
