//! The fields of a record as text, declared once per noun: forms, update masks and conflicts all go by them.

use std::collections::HashMap;

use super::custom;

/// One field that people can change.
pub struct FieldOf<T: 'static> {
    /// As update masks, the timeline and violations write it, e.g. "address.city".
    pub path: &'static str,
    way: Way<T>,
}

/// How a field is read and written.
enum Way<T: 'static> {
    Own {
        get: fn(&T) -> String,
        set: fn(&mut T, &str),
    },
    /// A field of the company's, by its key.
    Custom {
        key: &'static str,
        values: fn(&T) -> &Values,
        values_mut: fn(&mut T) -> &mut Values,
    },
}

/// Custom fields that have a value, by key.
pub type Values = HashMap<String, String>;

impl<T> Clone for FieldOf<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for FieldOf<T> {}

impl<T> Clone for Way<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Way<T> {}

impl<T> FieldOf<T> {
    pub const fn new(path: &'static str, get: fn(&T) -> String, set: fn(&mut T, &str)) -> Self {
        Self { path, way: Way::Own { get, set } }
    }

    /// A field of the company's; `path` is "custom." and its key.
    pub fn custom(path: &'static str, values: fn(&T) -> &Values, values_mut: fn(&mut T) -> &mut Values) -> Self {
        let key = path.strip_prefix(custom::PREFIX).unwrap_or(path);
        Self { path, way: Way::Custom { key, values, values_mut } }
    }

    /// The value as text, without loss: ids as ids, tags joined.
    pub fn get(&self, record: &T) -> String {
        match self.way {
            Way::Own { get, .. } => get(record),
            Way::Custom { key, values, .. } => values(record).get(key).cloned().unwrap_or_default(),
        }
    }

    /// Takes what `get` gave.
    pub fn set(&self, record: &mut T, text: &str) {
        match self.way {
            Way::Own { set, .. } => set(record, text),
            Way::Custom { key, values_mut, .. } if text.is_empty() => drop(values_mut(record).remove(key)),
            Way::Custom { key, values_mut, .. } => drop(values_mut(record).insert(key.to_owned(), text.to_owned())),
        }
    }

    pub fn differs(&self, one: &T, other: &T) -> bool {
        self.get(one) != self.get(other)
    }

    /// Puts this field's value of `from` into `into`.
    pub fn copy(&self, into: &mut T, from: &T) {
        self.set(into, &self.get(from));
    }
}

/// Paths in which two states of a record differ, in the order of the form.
pub fn changed<T>(fields: &[FieldOf<T>], before: &T, after: &T) -> Vec<&'static str> {
    fields.iter().filter(|field| field.differs(before, after)).map(|field| field.path).collect()
}

/// Tags can't hold commas, so joining them loses nothing.
pub fn join_tags(tags: &[String]) -> String {
    tags.join(", ")
}

pub fn split_tags(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

/// What a field is called on the page. Unknown paths, from a newer server, are shown as they are.
pub fn label(path: &str) -> String {
    let known = match path {
        "name" => t!("Name"),
        "kind" => t!("Kind"),
        "email" => t!("E-mail"),
        "phone" => t!("Phone"),
        "mobile" => t!("Mobile"),
        "website" => t!("Website"),
        "address" => t!("Address"),
        "address.street" => t!("Street"),
        "address.postal_code" => t!("Postcode"),
        "address.city" => t!("City"),
        "address.region" => t!("Region"),
        "address.country" => t!("Country"),
        "owner_id" => t!("Owner"),
        "assignee_id" => t!("Assignee"),
        "team_id" => t!("Team"),
        "tags" => t!("Tags"),
        "external_id" => t!("External key"),
        "note" => t!("Note"),
        "title" => t!("Position"),
        "main" | "main_contact_name" => t!("Main contact"),
        "company" => t!("Company"),
        "contact_name" => t!("Contact"),
        "stage_id" => t!("Stage"),
        "value" => t!("Value"),
        "source" => t!("Source"),
        "follow_up_on" => t!("Follow-up"),
        "customer_id" => t!("Customer"),
        "archived_at" => t!("Archived"),
        "tax_id" => t!("Tax id"),
        "bank_details" => t!("Bank details"),
        "private_note" => t!("Private note"),
        other => return custom::label(other).unwrap_or_else(|| other.replace(['_', '.'], " ")),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_survive_being_text() {
        let tags = vec!["Care home".to_owned(), "24 h access".to_owned()];
        assert_eq!(split_tags(&join_tags(&tags)), tags);
        assert!(split_tags(" , ").is_empty());
    }

    #[test]
    fn only_what_differs_is_sent() {
        const FIELDS: &[FieldOf<(String, String)>] = &[
            FieldOf::new("name", |row| row.0.clone(), |row, text| text.clone_into(&mut row.0)),
            FieldOf::new("phone", |row| row.1.clone(), |row, text| text.clone_into(&mut row.1)),
        ];
        let before = ("Harbour".to_owned(), "1".to_owned());
        let mut after = before.clone();
        assert!(changed(FIELDS, &before, &after).is_empty());
        after.1 = "2".to_owned();
        assert_eq!(changed(FIELDS, &before, &after), ["phone"]);
        FIELDS[1].copy(&mut after, &before);
        assert_eq!(after, before);
    }
}
