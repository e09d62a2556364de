//! Which column fills which field: the fields there are, a guess from the column names, and the check of what a person chose.

mod names;

use streamflow_kernel::error::{Error, Violations};
use streamflow_proto::client::v1 as pb;

use super::subject::Subject;
use super::{Key, Mode, lead};
use crate::custom_field::{store::Model, value::PREFIX};
use crate::search::domain::normalise;

/// A field that a column can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Path, as requests and stored mappings name it; those of a customer's contact begin with "contact.".
    pub field: &'static str,
    pub label: &'static str,
}

/// Every field of leads that a column can fill, in the order a list shows them.
pub const LEAD_TARGETS: [Target; 18] = [
    Target { field: "name", label: "What it is about" },
    Target { field: "company", label: "Company" },
    Target { field: "contact_name", label: "Contact name" },
    Target { field: "contact_first_name", label: "Contact first name" },
    Target { field: "contact_last_name", label: "Contact last name" },
    Target { field: "email", label: "E-mail" },
    Target { field: "phone", label: "Phone" },
    Target { field: "stage", label: "Stage" },
    Target { field: "value", label: "Value" },
    Target { field: "currency", label: "Currency" },
    Target { field: "source", label: "Source" },
    Target { field: "owner", label: "Owner" },
    Target { field: "assignee", label: "Assignee" },
    Target { field: "team", label: "Team" },
    Target { field: "tags", label: "Tags" },
    Target { field: "follow_up_on", label: "Follow-up" },
    Target { field: "note", label: "Note" },
    Target { field: "number", label: "Number" },
];

/// Every field of customers that a column can fill, in the order a list shows them.
pub const TARGETS: [Target; 21] = [
    Target { field: "name", label: "Customer name" },
    Target { field: "kind", label: "Business or person" },
    Target { field: "email", label: "E-mail" },
    Target { field: "phone", label: "Phone" },
    Target { field: "website", label: "Website" },
    Target { field: "address.street", label: "Street" },
    Target { field: "address.postal_code", label: "Postal code" },
    Target { field: "address.city", label: "City" },
    Target { field: "address.region", label: "Region" },
    Target { field: "address.country", label: "Country" },
    Target { field: "tags", label: "Tags" },
    Target { field: "external_id", label: "External key" },
    Target { field: "note", label: "Note" },
    Target { field: "contact.name", label: "Contact name" },
    Target { field: "contact.first_name", label: "Contact first name" },
    Target { field: "contact.last_name", label: "Contact last name" },
    Target { field: "contact.title", label: "Contact position" },
    Target { field: "contact.email", label: "Contact e-mail" },
    Target { field: "contact.phone", label: "Contact phone" },
    Target { field: "contact.mobile", label: "Contact mobile" },
    Target { field: "contact.note", label: "Contact note" },
];

/// Values of a column that show what it holds.
const SAMPLES: usize = 3;

/// The likely field of each column; empty to leave it out. Each field is guessed once, for the column whose name says it best.
pub fn guess(subject: Subject, header: &[String]) -> Vec<&'static str> {
    let (known, people) = match subject {
        Subject::Customers => (names::ALIASES, ["contact.name", "contact.first_name"]),
        Subject::Leads => (names::LEAD_ALIASES, ["contact_name", "contact_first_name"]),
    };
    let words: Vec<String> = header.iter().map(|name| compact(name)).collect();
    let mut fields = vec![""; header.len()];
    for (field, aliases) in known {
        let best = aliases
            .split_ascii_whitespace()
            .find_map(|alias| words.iter().enumerate().position(|(column, name)| fields[column].is_empty() && name == alias));
        if let Some(column) = best {
            fields[column] = field;
        }
    }
    // "Name" beside a column for what the record is called is the person's; alone it is the record's.
    if let Some(column) = words.iter().position(|name| names::PLAIN_NAME.contains(&name.as_str())) {
        let free = |field: &str| !fields.contains(&field);
        let field = if free("name") {
            "name"
        } else if people.into_iter().all(free) {
            people[0]
        } else {
            ""
        };
        if fields[column].is_empty() {
            fields[column] = field;
        }
    }
    fields
}

/// As [`guess`], with the company's own fields for what is left: by their name or key.
pub fn guess_all(subject: Subject, header: &[String], customs: &[Model]) -> Vec<String> {
    let mut fields: Vec<String> = guess(subject, header).into_iter().map(str::to_owned).collect();
    for custom in customs {
        let names = [compact(&custom.label), compact(&custom.key)];
        let is_it = |(column, name): (usize, &String)| fields[column].is_empty() && names.contains(&compact(name));
        if let Some(column) = header.iter().enumerate().position(is_it) {
            fields[column] = format!("{PREFIX}{}", custom.key);
        }
    }
    fields
}

/// The key to suggest for a mapping: what tells records apart best. Customers are known by name at least; leads need have none.
pub fn likely_key<S: AsRef<str>>(subject: Subject, fields: &[S]) -> Option<Key> {
    let fills = |key: &Key| fields.iter().any(|field| field.as_ref() == key.field());
    let known = subject.keys().iter().copied().find(fills);
    known.or_else(|| (subject == Subject::Customers).then_some(Key::Name))
}

/// The mode to suggest. A customer is one record for good; each time somebody asks for something it is a new lead, unless the file
/// names the numbers of those there are.
pub fn likely_mode(subject: Subject, key: Option<Key>) -> Mode {
    match (subject, key) {
        (Subject::Customers, _) => Mode::Upsert,
        (Subject::Leads, Some(Key::Number)) => Mode::Update,
        (Subject::Leads, _) => Mode::Create,
    }
}

/// A mapping that can be used: known fields, each at most once, and all that the mode needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping(Vec<String>);

impl Mapping {
    /// Checks what a person chose for each column, all problems at once. `customs` are the company's own fields.
    pub fn parse(
        subject: Subject,
        fields: &[String],
        columns: usize,
        (mode, key): (Mode, Option<Key>),
        customs: &[Model],
    ) -> Result<Self, Error> {
        let mut violations = Violations::new();
        if fields.len() != columns {
            violations.add("mapping", format!("Choose a field for each of the {columns} columns, or none."));
        }
        if fields.len() > columns {
            // There is nothing to say of columns that the file does not have, however many are named.
            return Err(violations.into());
        }
        let mut mapping: Vec<String> = Vec::with_capacity(fields.len());
        for (column, field) in fields.iter().enumerate() {
            let at = || format!("mapping[{column}]");
            match label(subject, field, customs) {
                None if field.is_empty() => mapping.push(String::new()),
                None => violations.add(at(), "Choose a field from the list."),
                Some(label) if mapping.contains(field) => {
                    violations.add(at(), format!("Another column fills \"{label}\" already."));
                }
                Some(_) => mapping.push(field.clone()),
            }
        }
        let mapping = Self(mapping);
        mapping.require(mode, customs, subject, &mut violations);
        mapping.require_key(mode, key, subject, &mut violations);
        violations.into_result()?;
        Ok(mapping)
    }

    /// The field of each column, for keeping with the import.
    pub fn fields(&self) -> &[String] {
        &self.0
    }

    /// The column that fills a field.
    pub fn column(&self, field: &str) -> Option<usize> {
        self.0.iter().position(|mapped| *mapped == field)
    }

    /// True when a column fills any field.
    pub fn uses(&self, column: usize) -> bool {
        self.0.get(column).is_some_and(|field| !field.is_empty())
    }

    /// Columns in use with the field each fills.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, &str)> + '_ {
        self.0.iter().map(String::as_str).enumerate().filter(|(_, field)| !field.is_empty())
    }

    fn require(&self, mode: Mode, customs: &[Model], subject: Subject, violations: &mut Violations) {
        if mode != Mode::Update && self.column("name").is_none() {
            let text = match subject {
                Subject::Customers => "Choose the column that holds the customer's name.",
                Subject::Leads => "Choose the column that says what a lead is about.",
            };
            violations.add("mapping", text);
        }
        let one = subject.kind().as_str();
        for custom in customs.iter().filter(|custom| mode != Mode::Update && custom.is_needed()) {
            if self.column(&custom.path()).is_none() {
                violations.add("mapping", format!("Choose the column that holds {}, which every new {one} needs.", custom.label));
            }
        }
        let named = ["contact.name", "contact.first_name", "contact.last_name"];
        let contact = self.0.iter().any(|field| field.starts_with("contact."));
        if contact && named.iter().all(|field| self.column(field).is_none()) {
            violations
                .add("mapping", "Choose the column that holds the contact's name, or leave out the contact's other columns.");
        }
    }

    fn require_key(&self, mode: Mode, key: Option<Key>, subject: Subject, violations: &mut Violations) {
        let many = subject.as_str();
        match key {
            None if mode != Mode::Create => violations.add("key", format!("Choose the field that finds existing {many}.")),
            Some(key) if self.column(key.field()).is_none() => {
                violations.add("key", format!("No column fills the {}, which is to find existing {many}.", key.label()));
            }
            Some(key) => {
                if let Some(text) = lead::wrong_mode(mode, key) {
                    violations.add("key", text);
                }
            }
            None => {}
        }
        let number = self.column(Key::Number.field()).filter(|_| subject == Subject::Leads && key != Some(Key::Number));
        if let Some(column) = number {
            violations
                .add(format!("mapping[{column}]"), "StreamFlow numbers leads. Leave this column out, or only update by it.");
        }
    }
}

/// The columns of a file with what they are to fill and a few of their values.
pub fn columns(header: &[String], fields: &[String], sample: &[pb::ImportRow]) -> Vec<pb::ImportColumn> {
    let samples = |column: usize| {
        let mut values: Vec<String> = Vec::new();
        for value in sample.iter().filter_map(|row| row.cells.get(column)) {
            let value: String = value.chars().take(80).collect();
            if values.len() < SAMPLES && !value.trim().is_empty() && !values.contains(&value) {
                values.push(value);
            }
        }
        values
    };
    let column = |(index, name): (usize, &String)| pb::ImportColumn {
        index: i32::try_from(index).unwrap_or_default(),
        header: name.clone(),
        field: fields.get(index).cloned().unwrap_or_default(),
        samples: samples(index),
    };
    header.iter().enumerate().map(column).collect()
}

/// What a field is called, if there is one of this path.
fn label<'a>(subject: Subject, field: &str, customs: &'a [Model]) -> Option<&'a str> {
    let targets = match subject {
        Subject::Customers => &TARGETS[..],
        Subject::Leads => &LEAD_TARGETS[..],
    };
    let fixed = targets.iter().find(|target| target.field == field).map(|target| target.label);
    fixed.or_else(|| customs.iter().find(|custom| custom.path() == field).map(|custom| custom.label.as_str()))
}

/// A column name without case, accents, blanks and punctuation: "Company_Name" and "companyName" are one.
fn compact(name: &str) -> String {
    normalise(name).replace(' ', "")
}

#[cfg(test)]
mod tests;
