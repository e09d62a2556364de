//! Reads a row as a lead, and decides what becomes of it. What people call stages, colleagues and teams is looked up apart, in [`names`].

pub mod names;

use streamflow_proto::client::v1 as pb;

use self::names::Resolved;
use super::{
    CellProblem, Key, Mode,
    check::{Cells, ImportedRow, is_noted, note, set},
    decide::{Fate, Found, Rules, changed},
};
use crate::{
    lead::domain::{Change, NewLead, read},
    record::{input::Problem, kind::Kind, merge::Change as _, number},
};

/// A row as its values are meant. Empty cells are not in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeadRow {
    pub changes: Vec<Change>,
    /// What only the company's own rows can explain.
    pub named: Vec<Named>,
    /// The number of a lead that is there.
    pub number: Option<i64>,
}

/// A cell that names something of the company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub column: usize,
    pub what: What,
    pub text: String,
}

/// What a cell names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Stage,
    Owner,
    Assignee,
    Team,
    /// An amount, whose currency the company decides where the file does not.
    Value,
    Currency,
}

const NAMED: [(&str, What); 6] = [
    ("stage", What::Stage),
    ("owner", What::Owner),
    ("assignee", What::Assignee),
    ("team", What::Team),
    ("value", What::Value),
    ("currency", What::Currency),
];
const FIRST_NAME: &str = "contact_first_name";
const LAST_NAME: &str = "contact_last_name";

/// Reads the cells of a row, all problems at once.
pub fn read_row(cells: &Cells<'_>, key: Option<Key>, problems: &mut Vec<CellProblem>) -> LeadRow {
    let mut row = LeadRow::default();
    let filled = cells.filled("");
    for (column, field, text) in &filled {
        let (column, field, text) = (*column, *field, *text);
        if is_noted(problems, column) || matches!(field, FIRST_NAME | LAST_NAME) {
            continue;
        }
        if let Some((_, what)) = NAMED.into_iter().find(|(known, _)| *known == field) {
            row.named.push(Named { column, what, text: text.to_owned() });
            continue;
        }
        if field == Key::Number.field() {
            // Only told from others by its number; never renumbered.
            if key == Some(Key::Number) {
                match number_of(text) {
                    Ok(number) => row.number = Some(number),
                    Err(problem) => problems.push(CellProblem::at(Some(column), problem)),
                }
            }
            continue;
        }
        if let Some(custom) = cells.custom(field) {
            note(set(custom, text).map(Change::Custom), column, &mut row.changes, problems);
            continue;
        }
        let mut message = pb::Lead::default();
        let change = fill(&mut message, field, text).and_then(|()| read(field, &message));
        note(change, column, &mut row.changes, problems);
    }
    contact_name(&filled, &mut row, problems);
    row
}

/// First and last name, where the whole name has no column or no cell.
fn contact_name(filled: &[(usize, &str, &str)], row: &mut LeadRow, problems: &mut Vec<CellProblem>) {
    if filled.iter().any(|(_, field, _)| *field == "contact_name") {
        return;
    }
    let part = |wanted: &str| filled.iter().find(|(_, field, _)| *field == wanted);
    let parts: Vec<_> = [FIRST_NAME, LAST_NAME].into_iter().filter_map(part).collect();
    let Some((column, ..)) = parts.first().filter(|(column, ..)| !is_noted(problems, *column)) else {
        return;
    };
    let contact_name = parts.iter().map(|(_, _, text)| *text).collect::<Vec<_>>().join(" ");
    let message = pb::Lead { contact_name, ..Default::default() };
    note(read("contact_name", &message), *column, &mut row.changes, problems);
}

/// Puts a cell's text where a request would carry it, so that both are checked alike.
fn fill(lead: &mut pb::Lead, field: &str, text: &str) -> Result<(), Problem> {
    let value = text.to_owned();
    match field {
        "name" => lead.name = value,
        "company" => lead.company = value,
        "contact_name" => lead.contact_name = value,
        "email" => lead.email = value,
        "phone" => lead.phone = value,
        "source" => lead.source = value,
        "follow_up_on" => lead.follow_up_on = value,
        "note" => lead.note = value,
        "tags" => {
            let tags = text.split([',', ';']).map(str::trim).filter(|tag| !tag.is_empty());
            lead.tags = tags.map(str::to_owned).collect();
        }
        _ => return Err(Problem::new("No field takes this value.")),
    }
    Ok(())
}

/// "L-2041" or "2041".
fn number_of(text: &str) -> Result<i64, Problem> {
    number::read(Kind::Lead, text).ok_or_else(|| Problem::new("Write a number as the list of leads shows it, e.g. L-2041."))
}

/// The value that finds an existing lead: the e-mail address in lower case, or the number.
pub fn key_of(key: Key, row: &LeadRow) -> Option<String> {
    match key {
        Key::Number => row.number.map(|number| number.to_string()),
        _ => row.changes.iter().find_map(|change| match change {
            Change::Email(email) if !email.is_empty() => Some(email.to_lowercase()),
            _ => None,
        }),
    }
}

impl Rules<'_> {
    /// Decides one row that is a lead. `settled` says that the lead found became a customer, so that its stage stays.
    pub fn decide_lead(&self, row: &ImportedRow, resolved: Resolved, found: Found<'_, NewLead>, settled: bool) -> Fate<NewLead> {
        let mut problems = row.problems.clone();
        problems.extend(resolved.problems);
        problems.extend(self.at_key(row, found.count(), problems.is_empty()));
        let said: Vec<Change> = row.lead.changes.iter().cloned().chain(resolved.changes).collect();
        if problems.is_empty() && matches!(found, Found::Nothing) {
            problems.extend(self.missing_subject(&said));
            problems.extend(self.missing_customs(&said));
        }
        let differing = if let Found::One(existing) = found { changed(existing, &said) } else { Vec::new() };
        if settled && differing.iter().any(|change| matches!(change, Change::Stage(_))) {
            let text = "This lead is a customer already, so its stage stays.";
            problems.push(CellProblem::at(self.mapping.column("stage"), Problem::new(text)));
        }
        if !problems.is_empty() {
            return Fate::Blocked(problems);
        }
        match found {
            Found::One(_) if differing.is_empty() => Fate::Unchanged,
            Found::One(_) => Fate::Update(differing),
            Found::Nothing | Found::Several => {
                let mut new = NewLead::default();
                for change in said {
                    new.set(change);
                }
                Fate::Create(Box::new(new))
            }
        }
    }

    /// A new lead is about something; whom it is from is a likely name.
    fn missing_subject(&self, said: &[Change]) -> Option<CellProblem> {
        if said.iter().any(|change| matches!(change, Change::Name(_))) {
            return None;
        }
        let text = |field: &str| said.iter().find(|change| change.field() == field).map(Change::text);
        let likely = text("company").or_else(|| text("contact_name"));
        Some(CellProblem::at(self.mapping.column("name"), Problem::new("Enter what the lead is about.").suggest(likely)))
    }
}

/// A mode that the key can't serve.
pub fn wrong_mode(mode: Mode, key: Key) -> Option<&'static str> {
    let wrong = key == Key::Number && mode != Mode::Update;
    wrong.then_some("A number finds leads that are there, so it can only update. New leads get theirs from StreamFlow.")
}

#[cfg(test)]
mod tests;
