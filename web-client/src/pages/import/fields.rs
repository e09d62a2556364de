//! What a column of a file can fill, as the server names it, and what people call it.

use streamflow_proto::client::v1::ImportSubject;
use web_kit::field::Choice;

use super::subject::Noun;
use crate::parts::custom;

/// Path and name of every field of customers, in the order a list shows them.
const FIELDS: [(&str, &str); 21] = [
    ("name", mark!("Customer name")),
    ("kind", mark!("Business or person")),
    ("email", mark!("E-mail")),
    ("phone", mark!("Phone")),
    ("website", mark!("Website")),
    ("address.street", mark!("Street")),
    ("address.postal_code", mark!("Postcode")),
    ("address.city", mark!("City")),
    ("address.region", mark!("Region")),
    ("address.country", mark!("Country")),
    ("tags", mark!("Tags")),
    ("external_id", mark!("External key")),
    ("note", mark!("Note")),
    ("contact.name", mark!("Contact name")),
    ("contact.first_name", mark!("Contact first name")),
    ("contact.last_name", mark!("Contact last name")),
    ("contact.title", mark!("Contact position")),
    ("contact.email", mark!("Contact e-mail")),
    ("contact.phone", mark!("Contact phone")),
    ("contact.mobile", mark!("Contact mobile")),
    ("contact.note", mark!("Contact note")),
];

/// The same of leads.
const LEAD_FIELDS: [(&str, &str); 18] = [
    ("name", mark!("What it is about")),
    ("company", mark!("Company")),
    ("contact_name", mark!("Contact name")),
    ("contact_first_name", mark!("Contact first name")),
    ("contact_last_name", mark!("Contact last name")),
    ("email", mark!("E-mail")),
    ("phone", mark!("Phone")),
    ("stage", mark!("Stage")),
    ("value", mark!("Value")),
    ("currency", mark!("Currency")),
    ("source", mark!("Source")),
    ("owner", mark!("Owner")),
    ("assignee", mark!("Assignee")),
    ("team", mark!("Team")),
    ("tags", mark!("Tags")),
    ("follow_up_on", mark!("Follow-up")),
    ("note", mark!("Note")),
    ("number", mark!("Number")),
];

const fn of(subject: ImportSubject) -> &'static [(&'static str, &'static str)] {
    match subject {
        ImportSubject::Leads => &LEAD_FIELDS,
        ImportSubject::Customers | ImportSubject::Unspecified => &FIELDS,
    }
}

/// What a field is called; a path from a newer server as it is.
pub fn label(subject: ImportSubject, path: &str) -> String {
    let own = of(subject).iter().find(|(known, _)| *known == path).map(|(_, label)| t!(label).to_owned());
    own.or_else(|| custom::label(path)).unwrap_or_else(|| path.to_owned())
}

/// All fields of the record with those of the company's own, or those of a customer's contact.
pub fn choices(noun: Noun, of_contact: bool) -> impl Iterator<Item = Choice> {
    let customs = if of_contact { Vec::new() } else { custom::live(noun.kind) };
    of(noun.subject)
        .iter()
        .filter(move |(path, _)| path.starts_with("contact.") == of_contact)
        .map(|(path, label)| Choice::new(*path, t!(label)))
        .chain(customs.into_iter().map(|field| Choice::new(custom::path(&field), field.label)))
}

/// Fields that find an existing record; `only_update` says that none is to be added.
pub const fn keys(subject: ImportSubject, only_update: bool) -> &'static [&'static str] {
    match (subject, only_update) {
        (ImportSubject::Leads, true) => &["number", "email"],
        (ImportSubject::Leads, false) => &["email"],
        _ => &["external_id", "name", "email"],
    }
}

/// Fills `field` from one column; a field is filled once, so the column that filled it before is left out. Gives that column.
pub fn assign(mapping: &mut [String], column: usize, field: &str) -> Option<usize> {
    let before = mapping.iter().position(|known| known == field && !field.is_empty()).filter(|at| *at != column);
    if let Some(before) = before {
        mapping[before].clear();
    }
    if let Some(place) = mapping.get_mut(column) {
        field.clone_into(place);
    }
    before
}

/// The key to fall back to when the chosen one is no longer filled, or can't serve: those that tell records apart best come first.
pub fn usable_key(keys: &[&str], mapping: &[String], key: &str) -> String {
    let usable = |key: &&str| keys.contains(key) && mapping.iter().any(|field| field == key);
    let kept = Some(key).filter(usable);
    kept.or_else(|| ["external_id", "number", "email", "name"].into_iter().find(usable)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(fields: &str) -> Vec<String> {
        fields.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn a_field_is_filled_by_one_column() {
        let mut fields = mapping("name,email,");
        assert_eq!(assign(&mut fields, 2, "email"), Some(1));
        assert_eq!(fields, mapping("name,,email"));
        assert_eq!(assign(&mut fields, 2, "email"), None);
        assert_eq!(assign(&mut fields, 0, ""), None);
        assert_eq!(fields, mapping(",,email"));
    }

    #[test]
    fn the_key_is_a_field_that_is_filled() {
        let customers = keys(ImportSubject::Customers, false);
        assert_eq!(usable_key(customers, &mapping("name,email"), "name"), "name");
        assert_eq!(usable_key(customers, &mapping("name,email"), "external_id"), "email");
        assert_eq!(usable_key(customers, &mapping("phone,"), "name"), "");
        assert!(customers.iter().all(|key| label(ImportSubject::Customers, key) != *key));
        let leads = |only_update| usable_key(keys(ImportSubject::Leads, only_update), &mapping("number,name,email"), "name");
        assert_eq!((leads(true).as_str(), leads(false).as_str()), ("number", "email"));
        assert!(keys(ImportSubject::Leads, true).iter().all(|key| label(ImportSubject::Leads, key) != *key));
    }
}
