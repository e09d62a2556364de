//! Requests to merge, read with all their problems at once.

use std::collections::HashSet;

use streamflow_kernel::{
    error::{Result, Violations},
    ids,
};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use crate::{custom_field::value::is_custom, record::kind::Kind};

/// Groups of one request.
const GROUPS: usize = 20;
/// Choices of one group: more fields than a record can have.
const CHOICES: usize = 200;
/// Records besides the survivor.
pub const OTHERS: usize = 9;

/// A record as somebody looked at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    pub id: Uuid,
    pub version: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub survivor: Looked,
    pub others: Vec<Looked>,
    /// Path of a field and the record whose value it gets.
    pub choices: Vec<(String, Uuid)>,
}

impl Group {
    /// The survivor first.
    pub fn ids(&self) -> impl Iterator<Item = Uuid> {
        self.looked().map(|looked| looked.id)
    }

    pub fn looked(&self) -> impl Iterator<Item = Looked> {
        std::iter::once(self.survivor).chain(self.others.iter().copied())
    }
}

/// Leads are worked on one by one, and are no records to unite.
pub fn kind(number: i32, violations: &mut Violations) -> Kind {
    match Kind::from_pb(number) {
        Some(kind @ (Kind::Customer | Kind::Contact)) => kind,
        _ => {
            violations.add("kind", "Choose customers or contacts.");
            Kind::Customer
        }
    }
}

/// `fields` are the paths that can be chosen, besides those of the company's own fields, which depend on the records.
pub fn groups(kind: Kind, fields: &[&str], groups: Vec<pb::MergeGroup>, violations: &mut Violations) -> Vec<Group> {
    if groups.is_empty() || groups.len() > GROUPS {
        violations.add("groups", format!("Merge 1 to {GROUPS} groups at a time."));
        return Vec::new();
    }
    let mut known = HashSet::new();
    let mut read = Vec::with_capacity(groups.len());
    for (at, group) in groups.into_iter().enumerate() {
        let mut reader = Reader { kind, path: format!("groups[{at}]"), violations: &mut *violations, known: &mut known };
        read.push(reader.group(fields, group));
    }
    read
}

struct Reader<'a> {
    kind: Kind,
    path: String,
    violations: &'a mut Violations,
    known: &'a mut HashSet<Uuid>,
}

impl Reader<'_> {
    fn group(&mut self, fields: &[&str], group: pb::MergeGroup) -> Group {
        let survivor = self.looked("survivor", group.survivor.as_ref());
        if group.others.is_empty() || group.others.len() > OTHERS {
            self.add("others", format!("Choose 1 to {OTHERS} records to merge into it."));
        }
        let others = group.others.iter().take(OTHERS).enumerate();
        let others: Vec<Looked> = others.map(|(at, other)| self.looked(&format!("others[{at}]"), Some(other))).collect();
        let mut choices: Vec<(String, Uuid)> = Vec::new();
        for (at, choice) in group.choices.into_iter().take(CHOICES).enumerate() {
            let known = fields.contains(&choice.field.as_str()) || is_custom(&choice.field);
            if !known || choices.iter().any(|(field, _)| *field == choice.field) {
                self.add(&format!("choices[{at}].field"), "Name each field to choose once.");
            }
            let from = ids::parse(self.kind.prefix(), &choice.from_id);
            match from.filter(|id| survivor.id == *id || others.iter().any(|other| other.id == *id)) {
                Some(id) => choices.push((choice.field, id)),
                None => self.add(&format!("choices[{at}].from_id"), "Choose a record of this group."),
            }
        }
        Group { survivor, others, choices }
    }

    fn looked(&mut self, field: &str, record: Option<&pb::MergedVersion>) -> Looked {
        let version = record.map_or(0, |record| record.version);
        if version < 1 {
            self.add(&format!("{field}.version"), "Send the version that was looked at.");
        }
        let id = record.and_then(|record| ids::parse(self.kind.prefix(), &record.id));
        match id {
            Some(id) if self.known.insert(id) => {}
            Some(_) => self.add(&format!("{field}.id"), "Name each record once."),
            None => self.add(&format!("{field}.id"), format!("Choose a {}.", self.kind.as_str())),
        }
        Looked { id: id.unwrap_or_default(), version }
    }

    fn add(&mut self, field: &str, text: impl Into<String>) {
        self.violations.add(format!("{}.{field}", self.path), text);
    }
}

/// The records of a preview, the survivor first.
pub fn chosen(kind: Kind, survivor: &str, others: &[String], violations: &mut Violations) -> Result<Vec<Uuid>> {
    if others.is_empty() || others.len() > OTHERS {
        violations.add("other_ids", format!("Choose 1 to {OTHERS} records to merge into it."));
    }
    std::mem::take(violations).into_result()?;
    let mut ids = vec![kind.parse_id(survivor)?];
    for (at, text) in others.iter().enumerate() {
        let id = kind.parse_id(text)?;
        if ids.contains(&id) {
            violations.add(format!("other_ids[{at}]"), "Name each record once.");
        }
        ids.push(id);
    }
    std::mem::take(violations).into_result()?;
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(id: u128, version: i64) -> pb::MergedVersion {
        pb::MergedVersion { id: Kind::Customer.format(Uuid::from_u128(id)), version }
    }

    #[test]
    fn every_problem_of_a_merge_is_told_at_once() {
        let choice = |field: &str, id: u128| pb::MergeChoice { field: field.to_owned(), from_id: looked(id, 1).id };
        let sound = pb::MergeGroup { survivor: Some(looked(1, 3)), others: vec![looked(2, 1)], choices: vec![choice("name", 2)] };
        let wrong = pb::MergeGroup {
            survivor: Some(looked(2, 0)),
            others: Vec::new(),
            choices: vec![choice("number", 2), choice("name", 9)],
        };
        let mut violations = Violations::new();
        let read = groups(Kind::Customer, &["name"], vec![sound, wrong], &mut violations);
        assert_eq!(read[0].choices, [("name".to_owned(), Uuid::from_u128(2))]);
        let fields: Vec<_> = violations.iter().map(|(field, _)| field.to_owned()).collect();
        assert_eq!(
            fields,
            [
                "groups[1].survivor.version",
                "groups[1].survivor.id",
                "groups[1].others",
                "groups[1].choices[0].field",
                "groups[1].choices[1].from_id"
            ]
        );
    }

    #[test]
    fn leads_are_not_merged() {
        let mut violations = Violations::new();
        kind(pb::RecordKind::Lead.into(), &mut violations);
        groups(Kind::Customer, &[], Vec::new(), &mut violations);
        assert_eq!(violations.iter().count(), 2);
    }
}
