//! What a column of a file can fill, as the server names it, and what people call it.

use streamflow_proto::client::v1::RecordKind;
use web_kit::field::Choice;

use crate::parts::custom;

/// Path and name of every field, in the order a list shows them.
const FIELDS: [(&str, &str); 21] = [
    ("name", "Customer name"),
    ("kind", "Business or person"),
    ("email", "E-mail"),
    ("phone", "Phone"),
    ("website", "Website"),
    ("address.street", "Street"),
    ("address.postal_code", "Postcode"),
    ("address.city", "City"),
    ("address.region", "Region"),
    ("address.country", "Country"),
    ("tags", "Tags"),
    ("external_id", "External key"),
    ("note", "Note"),
    ("contact.name", "Contact name"),
    ("contact.first_name", "Contact first name"),
    ("contact.last_name", "Contact last name"),
    ("contact.title", "Contact position"),
    ("contact.email", "Contact e-mail"),
    ("contact.phone", "Contact phone"),
    ("contact.mobile", "Contact mobile"),
    ("contact.note", "Contact note"),
];

/// What a field is called; a path from a newer server as it is.
pub fn label(path: &str) -> String {
    let own = FIELDS.iter().find(|(known, _)| *known == path).map(|(_, label)| (*label).to_owned());
    own.or_else(|| custom::label(path)).unwrap_or_else(|| path.to_owned())
}

/// All fields of the customer with those of the company's own, or those of its contact.
pub fn choices(of_contact: bool) -> impl Iterator<Item = Choice> {
    let customs = if of_contact { Vec::new() } else { custom::live(RecordKind::Customer) };
    FIELDS
        .into_iter()
        .filter(move |(path, _)| path.starts_with("contact.") == of_contact)
        .map(|(path, label)| Choice::new(path, label))
        .chain(customs.into_iter().map(|field| Choice::new(custom::path(&field), field.label)))
}

/// Fields that find an existing customer.
pub const KEYS: [&str; 3] = ["external_id", "name", "email"];

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

/// The key to fall back to when the chosen one is no longer filled.
pub fn usable_key(mapping: &[String], key: &str) -> String {
    let filled = |key: &&str| mapping.iter().any(|field| field == key);
    let kept = Some(key).filter(filled);
    kept.or_else(|| ["external_id", "email", "name"].into_iter().find(|key| filled(key))).unwrap_or_default().to_owned()
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
        assert_eq!(usable_key(&mapping("name,email"), "name"), "name");
        assert_eq!(usable_key(&mapping("name,email"), "external_id"), "email");
        assert_eq!(usable_key(&mapping("phone,"), "name"), "");
        assert!(KEYS.iter().all(|key| label(key) != *key));
    }
}
