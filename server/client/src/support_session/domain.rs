//! What a request must say, and where one stands.

use chrono::{DateTime, TimeDelta, Utc};
use streamflow_kernel::{
    clock::to_micros,
    error::{Error, Result, Violations},
    ids::{self, prefix},
};
use streamflow_proto::federation::v1 as pb;
use uuid::Uuid;

/// How long owners have for their answer.
pub const TO_DECIDE: TimeDelta = TimeDelta::hours(24);
/// How long an accepted request may be opened.
pub const TO_OPEN: TimeDelta = TimeDelta::hours(1);
/// How long a secret is good.
pub const SECRET_LIFETIME: TimeDelta = TimeDelta::minutes(10);
const MAX_MINUTES: i32 = 30;
const JUSTIFICATION: std::ops::RangeInclusive<usize> = 20..=500;
const MAX_NAME: usize = 100;
/// Characters in another system's name of a sign-in.
const MAX_SIGN_IN: usize = 100;

/// Where a request stands, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Requested,
    Accepted,
    Open,
    Refused,
    Ended,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Accepted => "accepted",
            Self::Open => "open",
            Self::Refused => "refused",
            Self::Ended => "ended",
        }
    }

    pub fn from_stored(text: &str) -> Self {
        let all = [Self::Requested, Self::Accepted, Self::Open, Self::Refused];
        all.into_iter().find(|state| state.as_str() == text).unwrap_or(Self::Ended)
    }

    /// What has not ended by itself at this time.
    pub fn at(self, expires_at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let goes_on = matches!(self, Self::Requested | Self::Accepted | Self::Open);
        if goes_on && expires_at <= now { Self::Ended } else { self }
    }

    pub const fn is_over(self) -> bool {
        matches!(self, Self::Refused | Self::Ended)
    }
}

/// Who or what ends one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// An owner of the company.
    Owner,
    /// Whoever looks, or somebody of the same system.
    Person,
    Time,
    /// The right that the link was taken under.
    RightEnded,
    /// The sign-in that took the link.
    SignedOut,
    /// The person may not look any more.
    ShutOut,
    /// The asking system has ended all its sign-ins after a failure.
    Recovered,
}

impl Ending {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Person => "person",
            Self::Time => "time",
            Self::RightEnded => "right_ended",
            Self::SignedOut => "signed_out",
            Self::ShutOut => "shut_out",
            Self::Recovered => "recovered",
        }
    }

    /// What ends one whose time is up: the time that was asked for, or the right.
    pub fn by_itself(opened_at: Option<DateTime<Utc>>, minutes: i32, expires_at: DateTime<Utc>) -> Self {
        let whole = opened_at.map(|at| at + TimeDelta::minutes(minutes.into()));
        if whole.is_some_and(|whole| expires_at < whole) { Self::RightEnded } else { Self::Time }
    }

    fn of(reason: pb::SupportEndReason) -> Option<Self> {
        match reason {
            pb::SupportEndReason::Unspecified => None,
            pb::SupportEndReason::RightEnded => Some(Self::RightEnded),
            pb::SupportEndReason::SignedOut => Some(Self::SignedOut),
            pb::SupportEndReason::ShutOut => Some(Self::ShutOut),
            pb::SupportEndReason::Recovered => Some(Self::Recovered),
        }
    }
}

/// Somebody of another system, as that system names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    pub id: Uuid,
    pub name: String,
}

/// A checked request.
#[derive(Clone, Debug)]
pub struct Ask {
    pub asker: Asker,
    pub justification: String,
    pub minutes: i32,
}

impl Ask {
    /// Every problem at once.
    pub fn parse(req: &pb::RequestSupportRequest) -> Result<Self> {
        let mut wrong = Violations::new();
        let asker = asker(&req.person_id, &req.person_name, &mut wrong);
        let justification = req.justification.trim().to_owned();
        let odd = |c: char| c.is_control() && c != '\n';
        if !JUSTIFICATION.contains(&justification.chars().count()) || justification.contains(odd) {
            wrong.add("justification", "Say why in 20 to 500 characters.");
        }
        if !(1..=MAX_MINUTES).contains(&req.minutes) {
            wrong.add("minutes", "Choose 1 to 30 minutes.");
        }
        wrong.into_result()?;
        Ok(Self { asker, justification, minutes: req.minutes })
    }
}

impl Asker {
    pub fn parse(id: &str, name: &str) -> Result<Self> {
        let mut wrong = Violations::new();
        let asker = asker(id, name, &mut wrong);
        wrong.into_result()?;
        Ok(asker)
    }
}

/// Whom a link is for, and what it is bound to.
#[derive(Clone, Debug)]
pub struct Opening {
    pub person_id: Uuid,
    /// When the right behind it ends.
    pub not_after: DateTime<Utc>,
    pub opened_from: String,
}

impl Opening {
    /// Every problem at once. Another person than the one who asked finds nothing.
    pub fn parse(req: &pb::TakeSupportOpeningRequest, now: DateTime<Utc>) -> Result<Self> {
        let person_id = person(&req.person_id).ok_or_else(missing)?;
        let mut wrong = Violations::new();
        let at = req.not_after.as_ref().and_then(|at| DateTime::from_timestamp(at.seconds, u32::try_from(at.nanos).ok()?));
        let not_after = at.map(to_micros).filter(|at| *at > now);
        if not_after.is_none() {
            wrong.add("not_after", "Say when the right ends that this is asked under; it must not have ended.");
        }
        let opened_from = sign_in(&req.opened_from, &mut wrong);
        if opened_from.is_empty() {
            wrong.add("opened_from", "Name the sign-in that asks.");
        }
        wrong.into_result()?;
        Ok(Self { person_id, not_after: not_after.unwrap_or(now), opened_from })
    }
}

/// Which of a system's support sessions are ended, and why.
#[derive(Clone, Debug)]
pub struct EndOf {
    /// None for everybody.
    pub person_id: Option<Uuid>,
    /// Empty for all.
    pub opened_from: String,
    pub why: Ending,
}

impl EndOf {
    /// Every problem at once.
    pub fn parse(req: &pb::EndSupportOfRequest) -> Result<Self> {
        let mut wrong = Violations::new();
        let person_id = person(&req.person_id);
        if person_id.is_none() && !req.person_id.is_empty() {
            wrong.add("person_id", "Name a person, or nobody.");
        }
        let opened_from = sign_in(&req.opened_from, &mut wrong);
        let why = Ending::of(req.why());
        if why.is_none() {
            wrong.add("why", "Say why.");
        }
        wrong.into_result()?;
        Ok(Self { person_id, opened_from, why: why.unwrap_or(Ending::ShutOut) })
    }
}

fn sign_in(name: &str, wrong: &mut Violations) -> String {
    if name.chars().count() > MAX_SIGN_IN || name.contains(char::is_control) {
        wrong.add("opened_from", "Use at most 100 characters, and no control characters.");
    }
    name.to_owned()
}

fn asker(id: &str, name: &str, wrong: &mut Violations) -> Asker {
    let (id, name) = (person(id), name.trim().to_owned());
    if id.is_none() {
        wrong.add("person_id", "Name who asks.");
    }
    if !(1..=MAX_NAME).contains(&name.chars().count()) || name.contains(char::is_control) {
        wrong.add("person_name", "Name who asks in 1 to 100 characters.");
    }
    Asker { id: id.unwrap_or_default(), name }
}

pub fn person(id: &str) -> Option<Uuid> {
    ids::parse(prefix::USER, id)
}

pub fn parse_id(id: &str) -> Result<Uuid> {
    ids::parse(prefix::SUPPORT_SESSION, id).ok_or_else(missing)
}

pub const fn missing() -> Error {
    Error::not_found("support session")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(id: &str, name: &str, justification: &str, minutes: i32) -> Vec<String> {
        let req = pb::RequestSupportRequest {
            tenant_id: String::new(),
            person_id: id.into(),
            person_name: name.into(),
            justification: justification.into(),
            minutes,
        };
        match Ask::parse(&req) {
            Ok(_) => Vec::new(),
            Err(Error::Invalid(wrong)) => wrong.iter().map(|(field, _)| field.to_owned()).collect(),
            Err(error) => panic!("{error:?}"),
        }
    }

    #[test]
    fn a_request_says_who_why_and_how_long() {
        let id = ids::format(prefix::USER, Uuid::from_u128(7));
        let why = "The import of May stops.";
        assert!(ask(&id, "Dana", why, 30).is_empty());
        assert_eq!(ask("", " ", "Nineteen characters", 31), ["person_id", "person_name", "justification", "minutes"]);
        assert_eq!(ask(&id, "Dana", &format!("   {}   ", "x".repeat(19)), 0), ["justification", "minutes"]);
        assert_eq!(ask(&id, &"x".repeat(101), &"x".repeat(501), 1), ["person_name", "justification"]);
    }

    #[test]
    fn a_link_is_bound_to_the_right_it_is_taken_under() {
        let (now, id) = (DateTime::UNIX_EPOCH + TimeDelta::days(1), ids::format(prefix::USER, Uuid::from_u128(7)));
        let fields = |seconds: Option<i64>, opened_from: &str| {
            let not_after = seconds.map(|seconds| prost_types::Timestamp { seconds, nanos: 0 });
            let ask = pb::TakeSupportOpeningRequest {
                person_id: id.clone(),
                not_after,
                opened_from: opened_from.into(),
                ..Default::default()
            };
            match Opening::parse(&ask, now) {
                Ok(opening) => vec![opening.not_after.timestamp().to_string()],
                Err(Error::Invalid(wrong)) => wrong.iter().map(|(field, _)| field.to_owned()).collect(),
                Err(error) => panic!("{error:?}"),
            }
        };
        assert_eq!(fields(Some(86_401), "ses_1"), ["86401"]);
        assert_eq!(fields(None, ""), ["not_after", "opened_from"]);
        assert_eq!(fields(Some(86_400), &"x".repeat(101)), ["not_after", "opened_from"], "it has ended");
        assert_eq!(fields(Some(i64::MAX), "ses_1"), ["not_after"]);
    }

    #[test]
    fn why_something_ends_is_said() {
        let wrong = EndOf::parse(&pb::EndSupportOfRequest { person_id: "usr_1".into(), ..Default::default() });
        let Err(Error::Invalid(wrong)) = wrong else { panic!("{wrong:?}") };
        assert_eq!(wrong.iter().map(|(field, _)| field.to_owned()).collect::<Vec<_>>(), ["person_id", "why"]);
        let opened = DateTime::UNIX_EPOCH;
        let end = |minutes| Ending::by_itself(Some(opened), 10, opened + TimeDelta::minutes(minutes));
        assert_eq!((end(10), end(9), Ending::by_itself(None, 10, opened)), (Ending::Time, Ending::RightEnded, Ending::Time));
    }

    #[test]
    fn what_goes_on_ends_with_its_time() {
        let now = DateTime::UNIX_EPOCH;
        for state in [State::Requested, State::Accepted, State::Open] {
            assert_eq!(state.at(now, now), State::Ended);
            assert_eq!(state.at(now + TimeDelta::seconds(1), now), state);
            assert_eq!(State::from_stored(state.as_str()), state);
        }
        assert_eq!(State::Refused.at(now, now), State::Refused);
    }
}
