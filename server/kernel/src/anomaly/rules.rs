//! What counts as an anomaly. Pure: requests of the audit in, findings out.
//!
//! The thresholds are what nobody reaches who mistypes a password a few times, presses a button twice or opens an old link.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::{access::address_key, db::NO_ORG};

/// A refused request.
#[derive(Clone, Debug)]
pub struct Event {
    /// Nil where no company is known.
    pub org_id: Uuid,
    pub at: DateTime<Utc>,
    pub person: Option<Uuid>,
    pub name: String,
    pub ip: String,
}

impl Event {
    /// As limits count it: of IPv6 the first 64 bits.
    fn address(&self) -> String {
        self.ip.parse().map_or_else(|_| self.ip.clone(), address_key)
    }
}

/// Requests that are read together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    FailedSignIn,
    Throttled,
    CrossTenant,
    Refused,
}

impl Signal {
    pub const ALL: [Self; 4] = [Self::FailedSignIn, Self::Throttled, Self::CrossTenant, Self::Refused];

    /// How far back it is looked at.
    pub fn window(self) -> TimeDelta {
        match self {
            // Sign-ins pause for seconds after each failure, so a quarter of an hour holds dozens of guesses, and the mistakes of
            // one morning are spread over more.
            Self::FailedSignIn | Self::Refused | Self::Throttled => TimeDelta::minutes(15),
            // Few and telling: whoever tries ids slowly is found too.
            Self::CrossTenant => TimeDelta::hours(1),
        }
    }

    /// The longest of them.
    pub fn longest_window() -> TimeDelta {
        Self::ALL.into_iter().map(Self::window).max().unwrap_or_default()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    GuessedAccount,
    PasswordSpray,
    SignInWave,
    RateLimit,
    CrossTenant,
    Refused,
}

/// Wrong passwords and codes of one account. Who has forgotten a password tries three or four, and then asks for a link.
const GUESSES: usize = 10;
/// Accounts that one address fails with. Behind an office's address a few people mistype within a quarter of an hour.
const SPRAYED: usize = 6;
/// The same over all companies, which may share a carrier's address.
const SPRAYED_ANYWHERE: usize = 12;
/// Accounts and addresses of failures that are too many to be mistakes of a company's own people.
const WAVE: (usize, usize) = (10, 5);
/// The same over all companies, where somebody always mistypes.
const WAVE_ANYWHERE: (usize, usize) = (100, 20);
/// Tries at an account that nobody has: their number can't be told, and a person who mistypes an address does so about three times.
const TRIES: usize = 3;
/// Minutes with a used-up limit: the audit keeps one a minute. A page that runs wild is stopped by then, a script is not.
const THROTTLED_MINUTES: usize = 5;
/// Ids of other companies. One may have been pasted by somebody who works for two; three were not.
const TRESPASSES: usize = 3;
/// Refusals for want of rights. Pages hide what a person may not do, so hardly any come from them.
const REFUSALS: usize = 15;
/// Findings of one rule in one company and minute, those with most requests first.
const MOST: usize = 20;

impl Rule {
    pub const ALL: [Self; 6] =
        [Self::GuessedAccount, Self::PasswordSpray, Self::SignInWave, Self::RateLimit, Self::CrossTenant, Self::Refused];

    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GuessedAccount => "account_guessing",
            Self::PasswordSpray => "password_spray",
            Self::SignInWave => "sign_in_wave",
            Self::RateLimit => "rate_limit",
            Self::CrossTenant => "cross_tenant",
            Self::Refused => "refused",
        }
    }

    pub const fn signal(self) -> Signal {
        match self {
            Self::GuessedAccount | Self::PasswordSpray | Self::SignInWave => Signal::FailedSignIn,
            Self::RateLimit => Signal::Throttled,
            Self::CrossTenant => Signal::CrossTenant,
            Self::Refused => Signal::Refused,
        }
    }

    /// Whether it is asked of all companies together too: then nobody's name is in it, and no company sees it.
    const fn is_asked_of_all(self) -> bool {
        matches!(self, Self::PasswordSpray | Self::SignInWave)
    }

    fn subject(self, event: &Event) -> Option<Subject> {
        match self {
            Self::GuessedAccount | Self::CrossTenant => event.person.map(Subject::Person),
            Self::PasswordSpray => Some(Subject::Address(event.address())),
            Self::SignInWave => Some(Subject::Everybody),
            Self::RateLimit | Self::Refused => {
                Some(event.person.map_or_else(|| Subject::Address(event.address()), Subject::Person))
            }
        }
    }

    fn is_broken_by(self, events: &[&Event], anywhere: bool) -> bool {
        let least = |usual, everywhere| if anywhere { everywhere } else { usual };
        match self {
            Self::GuessedAccount => events.len() >= GUESSES,
            Self::PasswordSpray => accounts(events) >= least(SPRAYED, SPRAYED_ANYWHERE),
            Self::SignInWave => {
                let (most, from) = if anywhere { WAVE_ANYWHERE } else { WAVE };
                accounts(events) >= most && events.iter().map(|event| event.address()).collect::<HashSet<_>>().len() >= from
            }
            Self::RateLimit => events.len() >= THROTTLED_MINUTES,
            Self::CrossTenant => events.len() >= TRESPASSES,
            Self::Refused => events.len() >= REFUSALS,
        }
    }
}

fn accounts(events: &[&Event]) -> usize {
    let known: HashSet<Uuid> = events.iter().filter_map(|event| event.person).collect();
    let unknown = events.iter().filter(|event| event.person.is_none()).count();
    known.len() + unknown.div_ceil(TRIES)
}

/// Whom an anomaly is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    Person(Uuid),
    Address(String),
    Everybody,
}

impl Subject {
    /// As stored.
    pub fn key(&self) -> String {
        match self {
            Self::Person(id) => format!("person:{}", id.simple()),
            Self::Address(address) => format!("address:{address}"),
            Self::Everybody => String::new(),
        }
    }
}

/// The newest row of a company, rule and subject.
#[derive(Clone, Copy, Debug)]
pub struct Before {
    /// Set while it is open.
    pub open: Option<Uuid>,
    /// Requests until then are in it.
    pub last_at: DateTime<Utc>,
}

/// By company, rule and subject as stored.
pub type Known = HashMap<(Uuid, String, String), Before>;

/// A rule that is broken, by requests that no row has counted yet.
#[derive(Clone, Debug)]
pub struct Finding {
    pub org_id: Uuid,
    pub rule: Rule,
    pub subject: Subject,
    /// Name of the person; empty for none.
    pub name: String,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
    /// Requests to be added.
    pub events: i32,
    /// The row that counts them; none when one is to be opened.
    pub open: Option<Uuid>,
}

/// What a rule finds in the requests of its signal.
pub fn findings(rule: Rule, events: &[Event], known: &Known) -> Vec<Finding> {
    let mut groups: BTreeMap<(Uuid, Subject), Vec<&Event>> = BTreeMap::new();
    for event in events {
        let Some(subject) = rule.subject(event) else { continue };
        if rule.is_asked_of_all() && event.org_id != NO_ORG {
            groups.entry((NO_ORG, subject.clone())).or_default().push(event);
        }
        groups.entry((event.org_id, subject)).or_default().push(event);
    }
    let mut by_org: BTreeMap<Uuid, Vec<Finding>> = BTreeMap::new();
    for ((org_id, subject), events) in groups {
        let before = known.get(&(org_id, rule.as_str().to_owned(), subject.key()));
        by_org.entry(org_id).or_default().extend(judge(rule, org_id, subject, &events, before));
    }
    for found in by_org.values_mut() {
        found.sort_by_key(|finding| std::cmp::Reverse(finding.events));
        found.truncate(MOST);
    }
    by_org.into_values().flatten().collect()
}

/// An open row counts on while its rule is broken; after an acknowledged one the rule must be broken anew.
fn judge(rule: Rule, org_id: Uuid, subject: Subject, events: &[&Event], before: Option<&Before>) -> Option<Finding> {
    let fresh: Vec<&Event> = events.iter().copied().filter(|event| before.is_none_or(|row| event.at > row.last_at)).collect();
    let open = before.and_then(|row| row.open);
    let judged = if open.is_some() { events } else { &fresh };
    if fresh.is_empty() || !rule.is_broken_by(judged, rule.is_asked_of_all() && org_id == NO_ORG) {
        return None;
    }
    let name = match subject {
        Subject::Person(_) => fresh.iter().map(|event| event.name.clone()).find(|name| !name.is_empty()).unwrap_or_default(),
        Subject::Address(_) | Subject::Everybody => String::new(),
    };
    Some(Finding {
        org_id,
        rule,
        subject,
        name,
        first_at: fresh.iter().map(|event| event.at).min()?,
        last_at: fresh.iter().map(|event| event.at).max()?,
        events: i32::try_from(fresh.len()).unwrap_or(i32::MAX),
        open,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORG: Uuid = Uuid::from_u128(100);

    fn event(second: i64, person: u128, ip: &str) -> Event {
        let at = DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap();
        let person = (person > 0).then(|| Uuid::from_u128(person));
        Event { org_id: if person.is_some() { ORG } else { NO_ORG }, at, person, name: "Anna".into(), ip: ip.into() }
    }

    fn found(rule: Rule, events: &[Event]) -> Vec<(Uuid, String, i32)> {
        let found = findings(rule, events, &Known::new());
        found.into_iter().map(|finding| (finding.org_id, finding.subject.key(), finding.events)).collect()
    }

    #[test]
    fn who_mistypes_is_no_anomaly_and_who_guesses_is() {
        let tries = |n: i64| (0..n).map(|second| event(second, 1, "10.0.0.1")).collect::<Vec<_>>();
        assert!(found(Rule::GuessedAccount, &tries(3)).is_empty() && found(Rule::GuessedAccount, &tries(9)).is_empty());
        let person = Subject::Person(Uuid::from_u128(1)).key();
        assert_eq!(found(Rule::GuessedAccount, &tries(10)), [(ORG, person, 10)]);
        // One person's failures are no spray and no wave, however many.
        assert!(found(Rule::PasswordSpray, &tries(500)).is_empty() && found(Rule::SignInWave, &tries(500)).is_empty());
    }

    #[test]
    fn one_address_with_many_accounts_is_found_also_when_it_moves_within_its_network() {
        let spray = |n: u128| (1..=n).map(|one| event(0, one, &format!("2001:db8:1:2::{one}"))).collect::<Vec<_>>();
        assert!(found(Rule::PasswordSpray, &spray(5)).is_empty());
        assert_eq!(found(Rule::PasswordSpray, &spray(6)), [(ORG, "address:2001:db8:1:2::/64".to_owned(), 6)]);
        // Over all companies it takes more, and an unknown account counts once for three tries.
        let orgs = found(Rule::PasswordSpray, &spray(12));
        assert_eq!(orgs.iter().map(|(org, ..)| *org).collect::<Vec<_>>(), [NO_ORG, ORG]);
        let unknown = |n: i64| (0..n).map(|second| event(second, 0, "10.0.0.1")).collect::<Vec<_>>();
        assert!(found(Rule::PasswordSpray, &unknown(33)).is_empty());
        assert_eq!(found(Rule::PasswordSpray, &unknown(34)).len(), 1);
    }

    #[test]
    fn many_accounts_from_many_addresses_are_a_wave() {
        let wave = |n: u128, from: u128| (1..=n).map(|one| event(0, one, &format!("10.0.0.{}", one % from))).collect::<Vec<_>>();
        assert!(found(Rule::SignInWave, &wave(9, 9)).is_empty() && found(Rule::SignInWave, &wave(30, 4)).is_empty());
        assert_eq!(found(Rule::SignInWave, &wave(10, 5)), [(ORG, String::new(), 10)]);
        assert_eq!(found(Rule::SignInWave, &wave(100, 20)).len(), 2);
    }

    #[test]
    fn an_open_row_counts_on_and_an_acknowledged_one_needs_as_many_again() {
        let events: Vec<Event> = (0..4).map(|second| event(second, 1, "10.0.0.1")).collect();
        let (key, id) = ((ORG, "cross_tenant".to_owned(), Subject::Person(Uuid::from_u128(1)).key()), Uuid::from_u128(9));
        let row = |open, seen: i64| Known::from([(key.clone(), Before { open, last_at: event(seen, 1, "").at })]);
        let counted = findings(Rule::CrossTenant, &events, &row(Some(id), 2));
        assert_eq!((counted.len(), counted[0].events, counted[0].open), (1, 1, Some(id)));
        assert!(findings(Rule::CrossTenant, &events, &row(Some(id), 3)).is_empty());
        assert!(findings(Rule::CrossTenant, &events, &row(None, 2)).is_empty());
        let anew = findings(Rule::CrossTenant, &events, &row(None, 0));
        assert_eq!((anew.len(), anew[0].events, anew[0].open), (1, 3, None));
    }

    #[test]
    fn a_company_has_a_bound_of_its_own() {
        let mut events: Vec<Event> = (0..200).flat_map(|one| vec![event(0, one + 1, "10.0.0.1"); 15]).collect();
        let other = Uuid::from_u128(101);
        events.extend((0..15).map(|_| Event { org_id: other, ..event(0, 999, "10.0.0.2") }));
        let found = found(Rule::Refused, &events);
        assert_eq!(found.len(), MOST + 1);
        assert!(found.iter().any(|(org, ..)| *org == other));
    }
}
