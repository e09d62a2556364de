//! Reads a row as a customer with a contact, or as a lead, and says at each cell what is wrong with it.

use std::collections::HashMap;

use streamflow_proto::client::v1 as pb;

use super::keys::{Hash, Hasher, Keys};
use super::lead::{self, LeadRow};
use super::mapping::Mapping;
use super::read::Row;
use super::subject::Subject;
use super::{CellProblem, Key};
use crate::custom_field::{store::Model, value::Set};
use crate::record::input::Problem;
use crate::search::domain::normalise;
use crate::{contact, customer};

/// A row as its values are meant: a customer with its contact, or a lead, whichever the file holds. Empty cells are not in it: they
/// leave an existing value alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportedRow {
    pub number: u32,
    pub customer: Vec<customer::domain::Change>,
    /// Empty when the row names no contact.
    pub contact: Vec<contact::domain::Change>,
    pub lead: LeadRow,
    /// What finds an existing record, as it is looked up; none when the cell is empty or no key is chosen.
    pub key: Option<String>,
    /// What no other row of the file may have.
    pub keys: Keys,
    pub problems: Vec<CellProblem>,
}

/// Checks the rows of one file. Asked in their order, it sees keys that come twice by itself.
pub struct Checker<'a> {
    subject: Subject,
    mapping: &'a Mapping,
    key: Option<Key>,
    customs: &'a [Model],
    hasher: Hasher,
    /// The first row that has a key.
    seen: HashMap<Hash, u32>,
}

impl<'a> Checker<'a> {
    /// `customs` are the company's own fields.
    pub fn new(subject: Subject, mapping: &'a Mapping, key: Option<Key>, customs: &'a [Model]) -> Self {
        Self { subject, mapping, key, customs, hasher: Hasher::default(), seen: HashMap::new() }
    }

    /// As the checker that read the file as a whole, whose keys can be compared with this one's.
    pub fn hashing_with(self, hasher: Hasher) -> Self {
        Self { hasher, ..self }
    }

    pub const fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// Reads the next row that was not dropped.
    pub fn check(&mut self, row: &Row) -> ImportedRow {
        let mut row = self.read(row);
        for hash in row.keys.hashes() {
            self.seen.entry(hash).or_insert(row.number);
        }
        self.note_twice(&mut row, |hash| self.seen.get(&hash).copied());
        row
    }

    /// Reads a row by itself, whatever the others are.
    pub fn read(&self, row: &Row) -> ImportedRow {
        let used = |problem: &&CellProblem| problem.column.is_none_or(|column| self.mapping.uses(column));
        let mut problems: Vec<CellProblem> = row.problems.iter().filter(used).cloned().collect();
        let cells = Cells { row, mapping: self.mapping, customs: self.customs };
        let mut row = ImportedRow { number: row.number, ..ImportedRow::default() };
        match self.subject {
            Subject::Customers => {
                row.customer = cells.customer(&mut problems);
                row.contact = cells.contact(&mut problems);
            }
            Subject::Leads => row.lead = lead::read_row(&cells, self.key, &mut problems),
        }
        row.key = self.key.and_then(|key| self.key_of(key, &row));
        let hash = |key: Key| self.key_of(key, &row).map(|value| self.hasher.hash(key, &value));
        let [always, chosen] = self.unique().map(|key| key.and_then(hash));
        ImportedRow { problems, keys: Keys::new(always, chosen), ..row }
    }

    /// Notes at a row which of its keys an earlier one has: the `first` row with a key.
    pub fn note_twice(&self, row: &mut ImportedRow, first: impl Fn(Hash) -> Option<u32>) {
        let unique = self.unique();
        for (place, hash) in row.keys.by_place() {
            if let (Some(key), Some(first)) = (unique[place], first(hash).filter(|first| *first != row.number)) {
                let message = format!("Row {first} has the same {}.", key.label());
                row.problems.push(CellProblem::at(self.mapping.column(key.field()), Problem::new(message)));
            }
        }
    }

    /// The key, and a customer's external id in any case, stand for one record only. In the order of [`Keys`].
    fn unique(&self) -> [Option<Key>; 2] {
        let always = (self.subject == Subject::Customers).then_some(Key::ExternalId);
        [always, self.key.filter(|key| Some(*key) != always)]
    }

    fn key_of(&self, key: Key, row: &ImportedRow) -> Option<String> {
        match self.subject {
            Subject::Customers => key_of(key, &row.customer),
            Subject::Leads => lead::key_of(key, &row.lead),
        }
    }
}

/// The value that finds an existing customer: the external id as it is, the e-mail address in lower case, the name normalised.
pub fn key_of(key: Key, customer: &[customer::domain::Change]) -> Option<String> {
    use customer::domain::Change;
    let value = customer.iter().find_map(|change| match (key, change) {
        (Key::ExternalId, Change::ExternalId(id)) => Some(id.clone()),
        (Key::Email, Change::Email(email)) => Some(email.to_lowercase()),
        (Key::Name, Change::Name(name)) => Some(normalise(name)),
        _ => None,
    });
    value.filter(|value| !value.is_empty())
}

/// The cells of a row by the field they fill.
pub struct Cells<'a> {
    row: &'a Row,
    mapping: &'a Mapping,
    customs: &'a [Model],
}

impl Cells<'_> {
    /// Filled fields that begin with `prefix`, without it: column, field, text.
    pub fn filled(&self, prefix: &str) -> Vec<(usize, &str, &str)> {
        let cell = |column: usize| self.row.cells.get(column).map_or("", |cell| cell.trim());
        let fields = self.mapping.pairs().filter_map(|(column, field)| Some((column, field.strip_prefix(prefix)?, cell(column))));
        fields.filter(|(_, _, text)| !text.is_empty()).collect()
    }

    /// The field of the company's own at this path, if it is one.
    pub fn custom(&self, field: &str) -> Option<&Model> {
        self.customs.iter().find(|custom| custom.path() == field)
    }

    fn customer(&self, problems: &mut Vec<CellProblem>) -> Vec<customer::domain::Change> {
        let mut changes = Vec::new();
        for (column, field, text) in self.filled("") {
            if field.starts_with("contact.") || is_noted(problems, column) {
                continue;
            }
            if let Some(custom) = self.custom(field) {
                note(set(custom, text).map(customer::domain::Change::Custom), column, &mut changes, problems);
                continue;
            }
            let mut message = pb::Customer::default();
            let read = fill_customer(&mut message, field, text).and_then(|()| customer::domain::read(field, &message));
            note(read, column, &mut changes, problems);
        }
        changes
    }

    fn contact(&self, problems: &mut Vec<CellProblem>) -> Vec<contact::domain::Change> {
        let mut changes = Vec::new();
        let filled = self.filled("contact.");
        if filled.is_empty() {
            return changes;
        }
        let part = |wanted: &str| filled.iter().find(|(_, field, _)| *field == wanted);
        let whole = part("name").map(|(column, _, text)| (*column, (*text).to_owned()));
        let parts: Vec<_> = ["first_name", "last_name"].into_iter().filter_map(part).collect();
        let joined = || parts.iter().map(|(_, _, text)| *text).collect::<Vec<_>>().join(" ");
        let name = whole.or_else(|| parts.first().map(|(column, _, _)| (*column, joined())));
        match name {
            Some((column, name)) if !is_noted(problems, column) => {
                let message = pb::Contact { name, ..Default::default() };
                note(contact::domain::read("name", &message), column, &mut changes, problems);
            }
            Some(_) => {}
            None => {
                let column = ["contact.name", "contact.first_name", "contact.last_name"]
                    .into_iter()
                    .find_map(|field| self.mapping.column(field));
                problems
                    .push(CellProblem::at(column, Problem::new("Enter the contact's name, or empty the contact's other cells.")));
            }
        }
        for (column, field, text) in filled {
            if is_noted(problems, column) || matches!(field, "name" | "first_name" | "last_name") {
                continue;
            }
            let mut message = pb::Contact::default();
            fill_contact(&mut message, field, text);
            note(contact::domain::read(field, &message), column, &mut changes, problems);
        }
        changes
    }
}

/// A cell's text as the value of a field of the company's own.
pub fn set(custom: &Model, text: &str) -> Result<Set, Problem> {
    Ok(Set::new(&custom.key, custom.read(text)?))
}

/// Damaged cells need no second opinion.
pub fn is_noted(problems: &[CellProblem], column: usize) -> bool {
    problems.iter().any(|problem| problem.column == Some(column))
}

pub fn note<C>(read: Result<C, Problem>, column: usize, changes: &mut Vec<C>, problems: &mut Vec<CellProblem>) {
    match read {
        Ok(change) => changes.push(change),
        Err(problem) => problems.push(CellProblem::at(Some(column), problem)),
    }
}

/// Puts a cell's text where a request would carry it, so that both are checked alike.
fn fill_customer(customer: &mut pb::Customer, field: &str, text: &str) -> Result<(), Problem> {
    let value = text.to_owned();
    let address = customer.address.get_or_insert_default();
    match field {
        "name" => customer.name = value,
        "kind" => customer.set_kind(kind(text)?),
        "email" => customer.email = value,
        "phone" => customer.phone = value,
        "website" => customer.website = value,
        "address.street" => address.street = value,
        "address.postal_code" => address.postal_code = value,
        "address.city" => address.city = value,
        "address.region" => address.region = value,
        "address.country" => address.country = value,
        "external_id" => customer.external_id = value,
        "note" => customer.note = value,
        "tags" => {
            let tags = text.split([',', ';']).map(str::trim).filter(|tag| !tag.is_empty());
            customer.tags = tags.map(str::to_owned).collect();
        }
        _ => return Err(Problem::new("No field takes this value.")),
    }
    Ok(())
}

fn fill_contact(contact: &mut pb::Contact, field: &str, text: &str) {
    let place = match field {
        "title" => &mut contact.title,
        "email" => &mut contact.email,
        "phone" => &mut contact.phone,
        "mobile" => &mut contact.mobile,
        _ => &mut contact.note,
    };
    text.clone_into(place);
}

fn kind(text: &str) -> Result<pb::CustomerKind, Problem> {
    match normalise(text).as_str() {
        "business" | "company" | "organization" | "organisation" | "b2b" | "firma" | "unternehmen" | "entreprise" | "societe"
        | "empresa" => Ok(pb::CustomerKind::Business),
        "person" | "individual" | "private" | "b2c" | "consumer" | "privat" | "privatperson" | "particulier" | "particular"
        | "persona" => Ok(pb::CustomerKind::Person),
        _ => Err(Problem::new("Write business or person.")),
    }
}

#[cfg(test)]
mod tests;
