//! Teams and memberships: what they may hold, and the rules that keep a company governable.

pub mod rights;

use std::collections::HashSet;

use streamflow_kernel::error::Error;
use streamflow_kernel::ids::{self, prefix};
use streamflow_proto::client::{reason, v1 as pb};
use uuid::Uuid;

use crate::record::fields::{Form, mask_problem};
use crate::record::input;

/// Characters of a team's name.
pub const TEAM_NAME: usize = 60;
/// Teams of one person.
const MAX_TEAMS: usize = 100;

/// A role as rows keep it: its name without `ROLE_`.
pub fn role_name(role: pb::Role) -> &'static str {
    role.as_str_name().trim_start_matches("ROLE_")
}

/// A role as rows keep it, read back.
pub fn role_of(name: &str) -> pb::Role {
    pb::Role::from_str_name(&format!("ROLE_{name}")).unwrap_or_default()
}

/// The name of a team to be made or renamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamName(pub String);

impl TeamName {
    pub fn parse(team: Option<&pb::Team>) -> Result<Self, Error> {
        let mut form = Form::new("team");
        let name = input::required("a name", team.map_or("", |team| &team.name), TEAM_NAME);
        let name = form.take("name", name).unwrap_or_default();
        form.finish(Self(name))
    }
}

/// A team's new name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamPatch {
    pub id: Uuid,
    pub version: i64,
    pub name: String,
}

impl TeamPatch {
    pub fn parse(team: Option<pb::Team>) -> Result<Self, Error> {
        let team = team.unwrap_or_default();
        let mut form = Form::new("team");
        let id = ids::parse(prefix::TEAM, &team.id);
        if id.is_none() {
            form.add("id", "Name the team to change.");
        }
        if team.version < 1 {
            form.add("version", "Send the version that was edited.");
        }
        let name = form.take("name", input::required("a name", &team.name, TEAM_NAME)).unwrap_or_default();
        form.finish(Self { id: id.unwrap_or_default(), version: team.version, name })
    }
}

/// A change of somebody's place in the company; what is none stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberPatch {
    pub user_id: Uuid,
    pub version: i64,
    pub role: Option<pb::Role>,
    pub team_ids: Option<Vec<Uuid>>,
    pub read_only: Option<bool>,
    pub disabled: Option<bool>,
}

impl MemberPatch {
    pub fn parse(member: Option<pb::Member>, mask: Option<prost_types::FieldMask>) -> Result<Self, Error> {
        let member = member.unwrap_or_default();
        let mut form = Form::new("member");
        let user_id = ids::parse(prefix::USER, &member.id);
        if user_id.is_none() {
            form.add("id", "Name the person to change.");
        }
        if member.version < 1 {
            form.add("version", "Send the version that was edited.");
        }
        let mut patch = Self {
            user_id: user_id.unwrap_or_default(),
            version: member.version,
            role: None,
            team_ids: None,
            read_only: None,
            disabled: None,
        };
        let mut paths = mask.unwrap_or_default().paths;
        if let Some(problem) = mask_problem(&paths) {
            form.add_outside("update_mask", problem);
            paths.clear();
        }
        // Reading the teams again for each time they are named would cost more each time.
        let mut named = HashSet::new();
        paths.retain(|path| named.insert(path.clone()));
        for path in &paths {
            match path.as_str() {
                "role" => patch.role = role(&member, &mut form),
                "team_ids" => patch.team_ids = team_ids(&member, &mut form),
                "read_only" => patch.read_only = Some(member.read_only),
                "disabled" => patch.disabled = Some(member.disabled),
                _ => form.add_outside("update_mask", "Only role, team_ids, read_only and disabled can be changed."),
            }
        }
        form.finish(patch)
    }

    /// Names of the fields it changes, for the change feed.
    pub fn fields(&self) -> Vec<&'static str> {
        let named = [
            ("role", self.role.is_some()),
            ("team_ids", self.team_ids.is_some()),
            ("read_only", self.read_only.is_some()),
            ("disabled", self.disabled.is_some()),
        ];
        named.into_iter().filter_map(|(name, set)| set.then_some(name)).collect()
    }
}

fn role(member: &pb::Member, form: &mut Form) -> Option<pb::Role> {
    let role = pb::Role::try_from(member.role).ok().filter(|role| *role != pb::Role::Unspecified);
    if role.is_none() {
        form.add("role", "Choose a role from the list.");
    }
    role
}

fn team_ids(member: &pb::Member, form: &mut Form) -> Option<Vec<Uuid>> {
    let mut ids: Vec<Uuid> = Vec::new();
    if member.team_ids.len() > MAX_TEAMS {
        form.add("team_ids", format!("Choose at most {MAX_TEAMS} teams."));
        return None;
    }
    for text in &member.team_ids {
        let Some(id) = ids::parse(prefix::TEAM, text) else {
            form.add("team_ids", "Choose teams from the list.");
            return None;
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Some(ids)
}

/// What counts about somebody for [`keeps_an_owner`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub role: pb::Role,
    pub read_only: bool,
    pub disabled: bool,
}

impl Standing {
    /// True for somebody who can still run the company.
    pub fn is_acting_owner(self) -> bool {
        self.role == pb::Role::Owner && !self.read_only && !self.disabled
    }

    pub fn after(self, patch: &MemberPatch) -> Self {
        Self {
            role: patch.role.unwrap_or(self.role),
            read_only: patch.read_only.unwrap_or(self.read_only),
            disabled: patch.disabled.unwrap_or(self.disabled),
        }
    }
}

/// Refuses a change that would leave the company without an owner who can act.
///
/// `after` is none when the person is removed; `other_owners` counts the acting owners besides this person.
pub fn keeps_an_owner(before: Standing, after: Option<Standing>, other_owners: u64) -> Result<(), Error> {
    let leaves = before.is_acting_owner() && !after.is_some_and(Standing::is_acting_owner);
    if leaves && other_owners == 0 {
        return Err(Error::refused(reason::LAST_OWNER, "The company needs an owner. Make somebody else an owner first."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: Standing = Standing { role: pb::Role::Owner, read_only: false, disabled: false };

    #[test]
    fn the_last_owner_stays() {
        let staff = Standing { role: pb::Role::Staff, ..OWNER };
        for after in [None, Some(staff), Some(Standing { disabled: true, ..OWNER }), Some(Standing { read_only: true, ..OWNER })]
        {
            assert!(keeps_an_owner(OWNER, after, 0).is_err(), "{after:?}");
            assert!(keeps_an_owner(OWNER, after, 1).is_ok(), "{after:?}");
            assert!(keeps_an_owner(staff, after, 1).is_ok(), "{after:?}");
        }
        assert!(keeps_an_owner(OWNER, Some(OWNER), 0).is_ok());
    }

    #[test]
    fn a_member_patch_tells_every_problem_at_once() {
        let mask = prost_types::FieldMask { paths: ["role", "team_ids", "email"].map(str::to_owned).to_vec() };
        let member = pb::Member { team_ids: vec!["red".to_owned()], ..Default::default() };
        let Err(Error::Invalid(violations)) = MemberPatch::parse(Some(member), Some(mask)) else { panic!("accepted") };
        let fields: Vec<_> = violations.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["member.id", "member.version", "member.role", "member.team_ids", "update_mask"]);
        let id = ids::format(prefix::TEAM, Uuid::nil());
        let mask = Some(prost_types::FieldMask { paths: vec!["team_ids".to_owned()] });
        let member = pb::Member { team_ids: vec![id; MAX_TEAMS + 1], ..Default::default() };
        let Err(Error::Invalid(violations)) = MemberPatch::parse(Some(member), mask) else { panic!("accepted") };
        assert!(violations.iter().any(|(field, text)| field == "member.team_ids" && text.contains("100")));
    }

    #[test]
    fn a_team_has_a_short_name() {
        let team = |name: String| pb::Team { name, ..Default::default() };
        assert_eq!(TeamName::parse(Some(&team(" North ".to_owned()))).unwrap(), TeamName("North".to_owned()));
        assert!(TeamName::parse(Some(&team("x".repeat(61)))).is_err() && TeamName::parse(None).is_err());
    }
}
