//! What a record is found by.

use streamflow_proto::client::v1 as pb;

use super::{key, normalise, phone};

/// One row of the search index, besides the record's id and who may see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchEntry {
    pub title: String,
    /// What tells it apart from others of the same title.
    pub subtitle: String,
    /// Normalised words, the title's first.
    pub text: String,
    /// Digits of its phone numbers, see [`phone::digits`].
    pub digits: String,
    /// Id, number, external id and e-mail, separated by spaces; each as [`key`] writes it.
    pub keys: String,
}

impl SearchEntry {
    /// True when `key` is one of its keys as a whole.
    pub fn has_key(&self, key: &str) -> bool {
        !key.is_empty() && self.keys.split(' ').any(|own| own == key)
    }
}

/// The entry of a customer.
pub fn customer(customer: &pb::Customer) -> SearchEntry {
    let address = customer.address.clone().unwrap_or_default();
    let tags = customer.tags.join(" ");
    let words = [
        &customer.name,
        &customer.main_contact_name,
        &address.city,
        &address.postal_code,
        &address.street,
        &customer.email,
        &customer.website,
        &customer.external_id,
        &tags,
    ];
    SearchEntry {
        title: customer.name.clone(),
        subtitle: joined(&[&customer.number, &address.city]),
        text: words_of(&words),
        digits: phone::digits(&[&customer.phone]),
        keys: keys(&[&customer.id, &customer.number, &customer.external_id, &customer.email]),
    }
}

/// The entry of a contact.
pub fn contact(contact: &pb::Contact) -> SearchEntry {
    SearchEntry {
        title: contact.name.clone(),
        subtitle: joined(&[&contact.title, &contact.customer_name]),
        text: words_of(&[&contact.name, &contact.customer_name, &contact.title, &contact.email]),
        digits: phone::digits(&[&contact.phone, &contact.mobile]),
        keys: keys(&[&contact.id, &contact.email]),
    }
}

/// The entry of a lead.
pub fn lead(lead: &pb::Lead) -> SearchEntry {
    let tags = lead.tags.join(" ");
    SearchEntry {
        title: lead.name.clone(),
        subtitle: joined(&[&lead.number, &lead.company]),
        text: words_of(&[&lead.name, &lead.company, &lead.contact_name, &lead.email, &tags]),
        digits: phone::digits(&[&lead.phone]),
        keys: keys(&[&lead.id, &lead.number, &lead.email]),
    }
}

fn joined(parts: &[&String]) -> String {
    let filled: Vec<&str> = parts.iter().map(|part| part.as_str()).filter(|part| !part.is_empty()).collect();
    filled.join(" · ")
}

fn words_of(parts: &[&String]) -> String {
    let words: Vec<String> = parts.iter().map(|part| normalise(part)).filter(|words| !words.is_empty()).collect();
    words.join(" ")
}

/// A number is found with and without its letter.
fn keys(parts: &[&String]) -> String {
    let mut all: Vec<String> = Vec::new();
    for part in parts.iter().map(|part| key(part)).filter(|part| !part.is_empty()) {
        let bare = part.strip_prefix("c-").or_else(|| part.strip_prefix("l-"));
        let bare = bare.filter(|digits| digits.bytes().all(|b| b.is_ascii_digit())).map(str::to_owned);
        for key in [Some(part), bare].into_iter().flatten() {
            if !all.contains(&key) {
                all.push(key);
            }
        }
    }
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::domain::Query;

    #[test]
    fn a_customer_is_pinned_by_each_of_its_keys() {
        let entry = customer(&pb::Customer {
            id: "cus_01".to_owned(),
            number: "C-10482".to_owned(),
            name: "Berglunds snabbköp".to_owned(),
            external_id: "Old 77".to_owned(),
            email: "info@berglund.se".to_owned(),
            address: Some(pb::Address { city: "Luleå".to_owned(), ..Default::default() }),
            ..Default::default()
        });
        for typed in ["cus_01", "C-10482", "c10482", "10482", "old 77", "Info@Berglund.se"] {
            assert!(entry.has_key(&Query::parse(typed).key), "{typed}");
        }
        assert!(!entry.has_key("") && !entry.has_key("c-1048"));
        assert_eq!(entry.subtitle, "C-10482 · Luleå");
        assert_eq!(entry.text, "berglunds snabbkop lulea info berglund se old 77");
    }
}
