//! What an invitation may offer, and how requests are read into it.

use chrono::{DateTime, TimeDelta, Utc};
use streamflow_kernel::{
    error::{Error, Violations},
    ids::prefix,
};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use super::store::Sent;
use crate::{
    record::input::{self, Problem},
    team::domain::rights::{Runner, may_hand_out},
    user::domain::canonical_email,
};

/// Life of a link.
pub const LIFE: TimeDelta = TimeDelta::days(7);
/// Open invitations of a company, so that nobody uses it to write to strangers in bulk.
pub const MAX_OPEN: usize = 200;
/// Mails of a company in a day, whatever became of the invitations since.
pub const A_DAY: usize = 200;
/// The same to one address.
const TO_ONE_A_DAY: usize = 3;
pub const DAY: TimeDelta = TimeDelta::days(1);

/// An invitation to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInvitation {
    /// In its one form, see [`canonical_email`].
    pub email: String,
    pub role: pb::Role,
    pub team_id: Option<Uuid>,
}

impl NewInvitation {
    pub fn parse(req: &pb::CreateInvitationRequest, inviter: Runner<'_>) -> Result<Self, Error> {
        let mut problems = Violations::new();
        let mut note = |field: &str, problem: Problem| problems.add(field, problem.sentence());
        let email = address(&req.email).map_err(|problem| note("email", problem)).unwrap_or_default();
        let role = role(req.role, inviter.role).map_err(|problem| note("role", problem)).unwrap_or_default();
        let team = team(&req.team_id, inviter);
        let team_id = team.map_err(|problem| note("team_id", problem)).unwrap_or_default();
        problems.into_result()?;
        Ok(Self { email, role, team_id })
    }
}

fn address(text: &str) -> Result<String, Problem> {
    let email = canonical_email(&input::email(text)?);
    if email.is_empty() { Err(Problem::new("Enter an e-mail address.")) } else { Ok(email) }
}

/// Where the person joins: nobody brings people into teams of others.
fn team(text: &str, inviter: Runner<'_>) -> Result<Option<Uuid>, Problem> {
    match input::choice("a team", prefix::TEAM, text)? {
        Some(id) if !inviter.may_run(id) => Err(Problem::new("You can invite people only into your own teams.")),
        team => Ok(team),
    }
}

fn role(number: i32, inviter: pb::Role) -> Result<pb::Role, Problem> {
    let role = pb::Role::try_from(number).unwrap_or_default();
    match role {
        pb::Role::Unspecified => Err(Problem::new("Choose a role from the list.")),
        role if may_hand_out(inviter, role) => Ok(role),
        _ => Err(Problem::new("Only an owner can invite owners, managers and accountants.")),
    }
}

/// Refuses a mail beyond what a company sends in a day. `sent` is what it sent in the last day, newest first.
pub fn check_pace(sent: &[Sent], email: &str, now: DateTime<Utc>) -> Result<(), Error> {
    let to_one = sent.iter().filter(|one| one.email == email).nth(TO_ONE_A_DAY - 1);
    let (text, last) = match (to_one, sent.get(A_DAY - 1)) {
        (Some(third), _) => (format!("This address was invited {TO_ONE_A_DAY} times within a day."), third),
        (None, Some(last)) => (format!("Your company has sent {A_DAY} invitations within a day."), last),
        (None, None) => return Ok(()),
    };
    let wait = (last.created_at + DAY - now).max(TimeDelta::seconds(1));
    let hours = (wait.num_minutes() + 59) / 60;
    let hours = if hours <= 1 { "an hour".to_owned() } else { format!("{hours} hours") };
    Err(Error::Throttled {
        text: format!("{text} Try again in {hours}; nothing was sent."),
        retry_after: wait.to_std().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use streamflow_kernel::ids;

    use super::*;

    fn request(email: &str, role: pb::Role) -> pb::CreateInvitationRequest {
        pb::CreateInvitationRequest { email: email.to_owned(), role: role.into(), team_id: String::new() }
    }

    fn inviter(role: pb::Role) -> Runner<'static> {
        Runner { user_id: Uuid::nil(), role, team_ids: &[] }
    }

    #[test]
    fn nobody_hands_out_more_than_they_may() {
        use pb::Role::{Accountant, Employee, Manager, Owner, Staff};
        for role in [Owner, Manager, Staff, Employee, Accountant] {
            assert!(NewInvitation::parse(&request("a@example.com", role), inviter(Owner)).is_ok(), "{role:?}");
            let by_manager = NewInvitation::parse(&request("a@example.com", role), inviter(Manager));
            assert_eq!(by_manager.is_ok(), matches!(role, Staff | Employee), "{role:?}");
        }
        let elsewhere = ids::format(prefix::TEAM, Uuid::from_u128(1));
        let elsewhere = pb::CreateInvitationRequest { team_id: elsewhere, ..request("a@example.com", Staff) };
        assert!(NewInvitation::parse(&elsewhere, inviter(Manager)).is_err());
        assert!(NewInvitation::parse(&elsewhere, inviter(Owner)).is_ok());
    }

    #[test]
    fn a_day_has_so_many_mails() {
        let now = DateTime::UNIX_EPOCH + DAY;
        let sent = |n: i32| Sent { email: format!("{n}@example.com"), created_at: now - TimeDelta::minutes(n.into()) };
        let mut mails: Vec<Sent> = (1..200).map(sent).collect();
        assert!(check_pace(&mails, "1@example.com", now).is_ok());
        mails.extend([sent(200), sent(201)]);
        let Err(Error::Throttled { text, retry_after }) = check_pace(&mails, "new@example.com", now) else { panic!("sent") };
        assert!(text.contains("200 invitations") && text.contains("21 hours"), "{text}");
        assert_eq!(retry_after.as_secs(), (24 * 60 - 200) * 60);
        let thrice = [sent(1), sent(1), sent(2), sent(1)];
        let Err(Error::Throttled { text, .. }) = check_pace(&thrice, "1@example.com", now) else { panic!("sent") };
        assert!(text.contains("3 times"), "{text}");
        assert!(check_pace(&thrice, "2@example.com", now).is_ok());
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let req = pb::CreateInvitationRequest { email: "a b".to_owned(), role: 99, team_id: "red".to_owned() };
        let Err(Error::Invalid(problems)) = NewInvitation::parse(&req, inviter(pb::Role::Owner)) else { panic!("accepted") };
        assert_eq!(problems.iter().map(|(field, _)| field).collect::<Vec<_>>(), ["email", "role", "team_id"]);
        assert!(NewInvitation::parse(&request("", pb::Role::Staff), inviter(pb::Role::Owner)).is_err());
    }
}
