//! What becomes of a row, given the records that exist. The preview and the run ask the same functions, so the preview is true.

use streamflow_proto::client::v1 as pb;

use super::check::ImportedRow;
use super::mapping::Mapping;
use super::subject::Subject;
use super::{CellProblem, Key, Mode};
use crate::contact::domain::{Change as ContactChange, Contact};
use crate::custom_field::store::Model;
use crate::customer::domain::{Change, NewCustomer};
use crate::record::input::Problem;
use crate::record::merge::{Change as FieldChange, Fields};
use crate::search::domain::normalise;

/// What the key of a row finds.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a, V = NewCustomer> {
    Nothing,
    One(&'a V),
    /// Names and e-mail addresses need not be unique.
    Several,
}

impl<V> Found<'_, V> {
    /// As far as rules tell apart how many there are.
    pub const fn count(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::One(_) => 1,
            Self::Several => 2,
        }
    }
}

/// What is to be done with a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate<V: Fields = NewCustomer> {
    Create(Box<V>),
    /// The fields that differ.
    Update(Vec<V::Change>),
    Unchanged,
    /// Nothing, until somebody corrects or drops it.
    Blocked(Vec<CellProblem>),
}

impl<V: Fields> Fate<V> {
    /// As a preview tells it, with what is wrong.
    pub fn told(self) -> (pb::ImportRowFate, Vec<CellProblem>) {
        match self {
            Self::Create(_) => (pb::ImportRowFate::Create, Vec::new()),
            Self::Update(_) => (pb::ImportRowFate::Update, Vec::new()),
            Self::Unchanged => (pb::ImportRowFate::Unchanged, Vec::new()),
            Self::Blocked(problems) => (pb::ImportRowFate::Blocked, problems),
        }
    }
}

/// How rows of one import are to be decided.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    pub subject: Subject,
    pub mode: Mode,
    pub key: Option<Key>,
    pub mapping: &'a Mapping,
    /// The company's own fields.
    pub customs: &'a [Model],
}

impl Rules<'_> {
    /// Decides one row. `external_id_taken` says that a customer other than the found one has the row's external id.
    pub fn decide(&self, row: &ImportedRow, found: Found<'_>, external_id_taken: bool) -> Fate {
        let mut problems = row.problems.clone();
        problems.extend(self.at_key(row, found.count(), problems.is_empty()));
        if external_id_taken && self.key != Some(Key::ExternalId) {
            let column = self.mapping.column(Key::ExternalId.field());
            problems.push(CellProblem::at(column, Problem::new("Another customer has this external key.")));
        }
        if problems.is_empty() && matches!(found, Found::Nothing) {
            problems.extend(self.missing_name(row));
            problems.extend(self.missing_customs(&row.customer));
        }
        if !problems.is_empty() {
            return Fate::Blocked(problems);
        }
        match found {
            Found::One(existing) => match changed(existing, &row.customer) {
                changes if changes.is_empty() => Fate::Unchanged,
                changes => Fate::Update(changes),
            },
            Found::Nothing | Found::Several => Fate::Create(Box::new(created(&row.customer))),
        }
    }

    /// What the mode has against what the key finds. `is_sound` says that nothing else is wrong with the row.
    pub fn at_key(&self, row: &ImportedRow, found: usize, is_sound: bool) -> Option<CellProblem> {
        let label = self.key.map_or("key", Key::label);
        let (one, many) = (self.subject.kind().as_str(), self.subject.as_str());
        let message = match (self.mode, found) {
            _ if self.mode != Mode::Create && row.key.is_none() && is_sound => {
                format!("Without its {label} this row can't be matched.")
            }
            (Mode::Create, 1..) => format!("A {one} with this {label} exists already."),
            (Mode::Update, 0) if row.key.is_some() => format!("There is no {one} with this {label}."),
            (Mode::Update | Mode::Upsert, 2..) => format!("Several {many} have this {label}."),
            _ => return None,
        };
        Some(CellProblem::at(self.key.and_then(|key| self.mapping.column(key.field())), Problem::new(message)))
    }

    /// A new customer needs a name; the contact's is a likely one.
    fn missing_name(&self, row: &ImportedRow) -> Option<CellProblem> {
        if row.customer.iter().any(|change| matches!(change, Change::Name(_))) {
            return None;
        }
        let contact = row.contact.iter().find_map(|change| match change {
            ContactChange::Name(name) => Some(name.clone()),
            _ => None,
        });
        Some(CellProblem::at(self.mapping.column("name"), Problem::new("Enter a name.").suggest(contact)))
    }

    /// A new record needs a value in each field that must have one.
    pub fn missing_customs<C: FieldChange>(&self, said: &[C]) -> Vec<CellProblem> {
        let has = |path: &str| said.iter().any(|change| change.field() == path);
        let missing = self.customs.iter().filter(|custom| custom.is_needed() && !has(&custom.path()));
        missing.map(|custom| CellProblem::at(self.mapping.column(&custom.path()), custom.missing())).collect()
    }
}

/// What is to be done with the contact of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum ContactFate {
    /// The row names none, or all it says is there already.
    Nothing,
    Create(Contact),
    /// The customer's contact at this place, and the fields that differ.
    Update(usize, Vec<ContactChange>),
}

/// Decides the contact of a row among those its customer has: the same e-mail address or the same name is the same person.
pub fn decide_contact(imported: &[ContactChange], existing: &[Contact]) -> ContactFate {
    if imported.is_empty() {
        return ContactFate::Nothing;
    }
    let mut new = Contact::default();
    for change in imported {
        new.set(change.clone());
    }
    let name = normalise(&new.name);
    let by_email = existing.iter().position(|contact| !new.email.is_empty() && contact.email == new.email);
    let found = by_email.or_else(|| existing.iter().position(|contact| normalise(&contact.name) == name));
    let Some(at) = found else {
        new.main = existing.is_empty();
        return ContactFate::Create(new);
    };
    match changed(&existing[at], imported) {
        changes if changes.is_empty() => ContactFate::Nothing,
        changes => ContactFate::Update(at, changes),
    }
}

/// The imported values that differ from the record's.
pub fn changed<F: Fields>(existing: &F, imported: &[F::Change]) -> Vec<F::Change> {
    imported.iter().filter(|change| existing.current(change) != **change).cloned().collect()
}

fn created(imported: &[Change]) -> NewCustomer {
    let mut new = NewCustomer::default();
    for change in imported {
        new.set(change.clone());
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(customer: &[Change], key: Option<&str>) -> ImportedRow {
        ImportedRow { number: 1, customer: customer.to_vec(), key: key.map(str::to_owned), ..ImportedRow::default() }
    }

    fn fate(mode: Mode, row: &ImportedRow, found: Found<'_>) -> Fate {
        let fields = ["external_id", "name", "email"].map(str::to_owned);
        let mapping = Mapping::parse(Subject::Customers, &fields, 3, (mode, Some(Key::ExternalId)), &[]).unwrap();
        Rules { subject: Subject::Customers, mode, key: Some(Key::ExternalId), mapping: &mapping, customs: &[] }
            .decide(row, found, false)
    }

    fn blocked(fate: &Fate) -> (Option<usize>, &str) {
        let Fate::Blocked(problems) = fate else { panic!("{fate:?}") };
        (problems[0].column, problems[0].problem.message.as_str())
    }

    fn existing() -> NewCustomer {
        NewCustomer { name: "Old".to_owned(), email: "a@b.co".to_owned(), phone: "112".to_owned(), ..Default::default() }
    }

    #[test]
    fn the_mode_decides_what_a_match_means() {
        let name = [Change::Name("New".to_owned())];
        let full = row(&name, Some("A1"));
        let old = existing();
        assert!(matches!(fate(Mode::Create, &full, Found::Nothing), Fate::Create(new) if new.name == "New"));
        assert!(matches!(fate(Mode::Upsert, &full, Found::Nothing), Fate::Create(_)));
        assert_eq!(fate(Mode::Upsert, &full, Found::One(&old)), Fate::Update(name.to_vec()));
        assert_eq!(fate(Mode::Update, &full, Found::One(&old)), Fate::Update(name.to_vec()));
        assert_eq!(
            blocked(&fate(Mode::Create, &full, Found::One(&old))),
            (Some(0), "A customer with this external key exists already.")
        );
        assert_eq!(
            blocked(&fate(Mode::Update, &full, Found::Nothing)),
            (Some(0), "There is no customer with this external key.")
        );
        assert_eq!(blocked(&fate(Mode::Upsert, &full, Found::Several)), (Some(0), "Several customers have this external key."));
        assert_eq!(
            blocked(&fate(Mode::Upsert, &row(&name, None), Found::Nothing)),
            (Some(0), "Without its external key this row can't be matched.")
        );
        assert!(matches!(fate(Mode::Create, &row(&name, None), Found::Nothing), Fate::Create(_)));
    }

    #[test]
    fn an_empty_cell_leaves_the_value_alone() {
        let same = [Change::Name("Old".to_owned())];
        assert_eq!(fate(Mode::Upsert, &row(&same, Some("A1")), Found::One(&existing())), Fate::Unchanged);
        let email = [Change::Email("c@d.co".to_owned()), Change::Name("Old".to_owned())];
        assert_eq!(fate(Mode::Upsert, &row(&email, Some("A1")), Found::One(&existing())), Fate::Update(email[..1].to_vec()));
    }

    #[test]
    fn a_new_customer_without_a_name_may_take_the_contacts() {
        let mut nameless = row(&[], Some("A1"));
        nameless.contact = vec![ContactChange::Name("Ana".to_owned())];
        let fate = fate(Mode::Upsert, &nameless, Found::Nothing);
        let Fate::Blocked(problems) = fate else { panic!("{fate:?}") };
        assert_eq!((problems[0].column, problems[0].problem.suggestion.as_deref()), (Some(1), Some("Ana")));
    }

    #[test]
    fn a_contact_is_known_by_address_or_name() {
        let ana = Contact { name: "Ana Silva".to_owned(), email: "ana@b.co".to_owned(), ..Default::default() };
        let named = |name: &str| vec![ContactChange::Name(name.to_owned())];
        assert_eq!(decide_contact(&[], &[]), ContactFate::Nothing);
        assert!(matches!(decide_contact(&named("Ana"), &[]), ContactFate::Create(new) if new.main));
        assert!(matches!(decide_contact(&named("Ben"), std::slice::from_ref(&ana)), ContactFate::Create(new) if !new.main));
        assert_eq!(decide_contact(&named("Ana Silva"), std::slice::from_ref(&ana)), ContactFate::Nothing);
        let title = ContactChange::Title("Owner".to_owned());
        let mut titled = named("Ana Silva");
        titled.push(title.clone());
        assert_eq!(decide_contact(&titled, &[ana]), ContactFate::Update(0, vec![title]));
    }
}
