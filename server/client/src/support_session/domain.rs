//! What a request must say, and where one stands.

use chrono::{DateTime, TimeDelta, Utc};
use streamflow_kernel::{
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
