//! The records a request chose, and whom it gives them to.

use std::collections::HashSet;

use streamflow_kernel::{
    error::Violations,
    ids::{self, prefix},
};
use uuid::Uuid;

use super::{bulk::Done, kind::Kind, people::Place};

/// Records of one request.
const MOST: usize = 1_000;
/// Bytes of an id, and some.
const LONGEST: usize = 64;

#[derive(Clone, Debug)]
pub struct Chosen {
    pub kind: Kind,
    /// Each once; ids that can't be of this kind are not among them.
    pub ids: Vec<Uuid>,
    /// As the request wrote them, each once.
    texts: Vec<String>,
}

impl Chosen {
    pub fn read(kind: i32, texts: Vec<String>, violations: &mut Violations) -> Self {
        let kind = Kind::from_pb(kind).unwrap_or_else(|| {
            violations.add("kind", "Say which kind of record is meant.");
            Kind::Customer
        });
        // Those that are not found are told as they were written, so they must not be whatever somebody writes.
        if texts.iter().any(|text| text.len() > LONGEST) {
            violations.add("ids", "These are not ids of records.");
            return Self { kind, ids: Vec::new(), texts: Vec::new() };
        }
        if texts.is_empty() || texts.len() > MOST {
            violations.add("ids", "Choose 1 to 1,000 records.");
            return Self { kind, ids: Vec::new(), texts: Vec::new() };
        }
        let mut known = HashSet::new();
        let texts: Vec<String> = texts.into_iter().filter(|text| known.insert(text.clone())).collect();
        let ids = texts.iter().filter_map(|text| ids::parse(kind.prefix(), text)).collect();
        Self { kind, ids, texts }
    }

    /// How many changed, and which were not found: missing ones and those the person does not see look the same.
    pub fn outcome(&self, done: &Done) -> (i32, Vec<String>) {
        let seen: HashSet<String> = done.seen.iter().map(|id| self.kind.format(*id)).collect();
        let missing = self.texts.iter().filter(|text| !seen.contains(*text)).cloned().collect();
        (i32::try_from(done.changed).unwrap_or(i32::MAX), missing)
    }
}

/// Reads owner, assignee and team, of which unset ones stay as they are and "none" clears.
pub fn places(texts: [&Option<String>; 3], violations: &mut Violations) -> Vec<Place> {
    let [owner, assignee, team] = texts;
    let mut places = Vec::new();
    let mut read = |field, text: &Option<String>, prefix, place: fn(Option<Uuid>) -> Place| match text.as_deref() {
        None => {}
        Some("none") => places.push(place(None)),
        Some(text) => match ids::parse(prefix, text) {
            Some(id) => places.push(place(Some(id))),
            None => violations.add(field, "Choose from the list, or none."),
        },
    };
    read("owner_id", owner, prefix::USER, Place::Owner);
    read("assignee_id", assignee, prefix::USER, Place::Assignee);
    read("team_id", team, prefix::TEAM, Place::Team);
    if texts.iter().all(|text| text.is_none()) {
        violations.add("owner_id", "Say whom the records are to belong to.");
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unset_stays_and_none_clears() {
        let mut violations = Violations::new();
        let id = Uuid::from_u128(7);
        let owner = Some(ids::format(prefix::USER, id));
        let read = places([&owner, &None, &Some("none".to_owned())], &mut violations);
        assert_eq!(read, [Place::Owner(Some(id)), Place::Team(None)]);
        assert!(violations.is_empty());
        places([&None, &Some(String::new()), &None], &mut violations);
        places([&None, &None, &None], &mut violations);
        let fields: Vec<_> = violations.iter().map(|(field, _)| field.to_owned()).collect();
        assert_eq!(fields, ["assignee_id", "owner_id"]);
    }

    #[test]
    fn an_id_of_another_kind_is_not_found() {
        let mut violations = Violations::new();
        let (here, elsewhere) = (Kind::Lead.format(Uuid::from_u128(1)), Kind::Customer.format(Uuid::from_u128(2)));
        let texts = vec![here.clone(), here, elsewhere.clone()];
        let chosen = Chosen::read(Kind::Lead.into_pb().into(), texts, &mut violations);
        assert_eq!((chosen.ids.len(), violations.is_empty()), (1, true));
        let done = Done { changed: 1, seen: chosen.ids.iter().copied().collect() };
        assert_eq!(chosen.outcome(&done), (1, vec![elsewhere]));
        Chosen::read(0, Vec::new(), &mut violations);
        assert_eq!(violations.iter().count(), 2);
        let long = Chosen::read(Kind::Lead.into_pb().into(), vec!["x".repeat(LONGEST + 1)], &mut violations);
        assert_eq!((long.texts.len(), violations.iter().count()), (0, 3));
    }
}
