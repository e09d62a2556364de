//! Who may change whom. A manager sees the records of their teams only, so nothing here may be a way to more: neither through one's
//! own membership, nor through a role that sees more, nor through teams of others.

use streamflow_kernel::{
    ctx::Principal,
    error::{Error, Result, Violations},
};
use streamflow_proto::client::{reason, v1 as pb};
use uuid::Uuid;

use super::{MemberPatch, role_of};

/// Somebody who changes the team.
#[derive(Clone, Copy, Debug)]
pub struct Runner<'a> {
    pub user_id: Uuid,
    pub role: pb::Role,
    pub team_ids: &'a [Uuid],
}

/// The person to be changed, as they are.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub user_id: Uuid,
    pub role: pb::Role,
    pub team_ids: &'a [Uuid],
}

/// Whether somebody may hand out a role, and touch people and invitations that have it. Managers hand out only what sees and does
/// less than they do: an accountant sees every customer.
pub fn may_hand_out(actor: pb::Role, role: pb::Role) -> bool {
    match actor {
        pb::Role::Owner => true,
        pb::Role::Manager => matches!(role, pb::Role::Staff | pb::Role::Employee),
        _ => false,
    }
}

impl<'a> Runner<'a> {
    pub fn of(principal: &'a Principal) -> Self {
        Self { user_id: principal.user_id, role: role_of(&principal.role), team_ids: &principal.team_ids }
    }

    /// Whether somebody may rename or delete a team, and put people into it or take them out.
    pub fn may_run(&self, team_id: Uuid) -> bool {
        self.role == pb::Role::Owner || self.team_ids.contains(&team_id)
    }

    /// Refuses teams of others.
    pub fn check_team(&self, team_id: Uuid) -> Result<()> {
        if self.may_run(team_id) {
            return Ok(());
        }
        Err(Error::refused(reason::NOT_YOUR_TEAM, "You are not in this team. Ask an owner to change it."))
    }

    /// Refuses people one may not touch at all.
    pub fn check_person(&self, person: Target<'_>) -> Result<()> {
        if self.role == pb::Role::Owner {
            return Ok(());
        }
        let text = if person.user_id == self.user_id {
            "Only an owner can change your own role, teams and rights."
        } else if !may_hand_out(self.role, person.role) {
            "Only an owner can change owners, managers and accountants."
        } else if !person.team_ids.is_empty() && !self.shares_team(person.team_ids) {
            "You can change only people of your own teams. Ask an owner."
        } else {
            return Ok(());
        };
        Err(Error::refused(reason::NOT_YOUR_PERSON, text))
    }

    /// Refuses what a patch would make of somebody one may touch.
    pub fn check_patch(&self, person: Target<'_>, patch: &MemberPatch) -> Result<()> {
        if self.role == pb::Role::Owner {
            return Ok(());
        }
        let mut violations = Violations::new();
        if patch.role.is_some_and(|role| !may_hand_out(self.role, role)) {
            violations.add("member.role", "Only an owner can make somebody an owner, a manager or an accountant.");
        }
        let after = patch.team_ids.as_deref().unwrap_or(person.team_ids);
        let moved = |from: &[Uuid], to: &[Uuid]| from.iter().any(|id| !to.contains(id) && !self.may_run(*id));
        if moved(person.team_ids, after) || moved(after, person.team_ids) {
            violations.add("member.team_ids", "You can put people only into your own teams, and take them only out of those.");
        } else if person.team_ids.is_empty() && !self.shares_team(after) {
            violations.add("member.team_ids", "This person is in no team yet. Put them into one of yours first.");
        }
        violations.into_result()
    }

    fn shares_team(&self, team_ids: &[Uuid]) -> bool {
        team_ids.iter().any(|id| self.team_ids.contains(id))
    }
}

#[cfg(test)]
mod tests {
    use pb::Role::{Accountant, Employee, Manager, Owner, Staff};

    use super::*;

    const MINE: Uuid = Uuid::from_u128(1);
    const THEIRS: Uuid = Uuid::from_u128(2);
    const ME: Uuid = Uuid::from_u128(3);
    const MANAGER: Runner<'_> = Runner { user_id: ME, role: Manager, team_ids: &[MINE] };
    const OWNER: Runner<'_> = Runner { role: Owner, team_ids: &[], ..MANAGER };

    fn target(role: pb::Role, team_ids: &[Uuid]) -> Target<'_> {
        Target { user_id: Uuid::from_u128(4), role, team_ids }
    }

    fn patch(role: Option<pb::Role>, team_ids: Option<Vec<Uuid>>) -> MemberPatch {
        let user_id = Uuid::from_u128(4);
        MemberPatch { user_id, version: 1, role, team_ids, read_only: None, disabled: None }
    }

    #[test]
    fn only_owners_touch_whoever_is_no_staff() {
        for role in [Owner, Manager, Accountant, Staff, Employee] {
            let beneath = matches!(role, Staff | Employee);
            assert_eq!(MANAGER.check_person(target(role, &[MINE])).is_ok(), beneath, "{role:?}");
            assert_eq!(MANAGER.check_patch(target(Staff, &[MINE]), &patch(Some(role), None)).is_ok(), beneath, "{role:?}");
            assert!(OWNER.check_person(target(role, &[THEIRS])).is_ok());
            assert!(OWNER.check_patch(target(Staff, &[]), &patch(Some(role), Some(vec![THEIRS]))).is_ok());
            assert!(!may_hand_out(Staff, role) && !may_hand_out(Accountant, role), "{role:?}");
        }
    }

    #[test]
    fn a_manager_stays_within_their_teams() {
        let me = Target { user_id: ME, ..target(Staff, &[MINE]) };
        assert!(MANAGER.check_person(me).is_err() && OWNER.check_person(me).is_ok());
        assert!(MANAGER.check_person(target(Staff, &[THEIRS])).is_err());
        assert!(MANAGER.check_person(target(Staff, &[MINE, THEIRS])).is_ok());
        assert!(MANAGER.check_team(THEIRS).is_err() && MANAGER.check_team(MINE).is_ok() && OWNER.check_team(THEIRS).is_ok());
        let moves = [
            (vec![MINE], vec![], true),
            (vec![MINE], vec![MINE, THEIRS], false),
            (vec![MINE, THEIRS], vec![MINE], false),
            (vec![MINE, THEIRS], vec![THEIRS], true),
            (vec![], vec![MINE], true),
            (vec![], vec![THEIRS], false),
        ];
        for (from, to, allowed) in moves {
            let moved = MANAGER.check_patch(target(Staff, &from), &patch(None, Some(to.clone())));
            assert_eq!(moved.is_ok(), allowed, "{from:?} {to:?}");
        }
        assert!(MANAGER.check_patch(target(Staff, &[]), &patch(Some(Employee), None)).is_err());
        assert!(MANAGER.check_patch(target(Staff, &[]), &patch(Some(Employee), Some(vec![MINE]))).is_ok());
    }
}
