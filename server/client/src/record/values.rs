//! Values of fields from the texts that imports and merges keep of them.

use chrono::NaiveDate;
use streamflow_kernel::ids::{self, prefix};

use crate::{
    contact::domain::Change as ContactChange,
    custom_field::value::Set,
    customer::domain::{Change, Kind},
    lead::domain::{Change as LeadChange, Worth},
};

/// The change that gives a customer's field the value it had, from its text.
pub fn customer_change(field: &str, text: &str) -> Option<Change> {
    if let Some(set) = Set::of(field, text) {
        return Some(Change::Custom(set));
    }
    let text = text.to_owned();
    Some(match field {
        "name" => Change::Name(text),
        "kind" => Change::Kind(Kind::from_stored(&text)),
        "email" => Change::Email(text),
        "phone" => Change::Phone(text),
        "website" => Change::Website(text),
        "address.street" => Change::Street(text),
        "address.postal_code" => Change::PostalCode(text),
        "address.city" => Change::City(text),
        "address.region" => Change::Region(text),
        "address.country" => Change::Country(text),
        "owner_id" => Change::Owner(ids::parse(prefix::USER, &text)),
        "assignee_id" => Change::Assignee(ids::parse(prefix::USER, &text)),
        "team_id" => Change::Team(ids::parse(prefix::TEAM, &text)),
        "tags" => Change::Tags(text.split(", ").filter(|tag| !tag.is_empty()).map(str::to_owned).collect()),
        "external_id" => Change::ExternalId(text),
        "note" => Change::Note(text),
        _ => return None,
    })
}

/// The same for a lead.
pub fn lead_change(field: &str, text: &str) -> Option<LeadChange> {
    if let Some(set) = Set::of(field, text) {
        return Some(LeadChange::Custom(set));
    }
    let text = text.to_owned();
    Some(match field {
        "name" => LeadChange::Name(text),
        "company" => LeadChange::Company(text),
        "contact_name" => LeadChange::ContactName(text),
        "email" => LeadChange::Email(text),
        "phone" => LeadChange::Phone(text),
        "stage_id" => LeadChange::Stage(Some(ids::parse(prefix::STAGE, &text)?)),
        "value" => LeadChange::Value(worth(&text)),
        "source" => LeadChange::Source(text),
        "owner_id" => LeadChange::Owner(ids::parse(prefix::USER, &text)),
        "assignee_id" => LeadChange::Assignee(ids::parse(prefix::USER, &text)),
        "team_id" => LeadChange::Team(ids::parse(prefix::TEAM, &text)),
        "tags" => LeadChange::Tags(text.split(", ").filter(|tag| !tag.is_empty()).map(str::to_owned).collect()),
        "follow_up_on" => LeadChange::FollowUpOn(NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()),
        "note" => LeadChange::Note(text),
        _ => return None,
    })
}

/// "1250.50 GBP", as many decimal places as the currency has.
fn worth(text: &str) -> Worth {
    let (amount, currency_code) = text.split_once(' ').unwrap_or((text, ""));
    let minor_units = amount.replace('.', "").parse().unwrap_or_default();
    Worth { minor_units, currency_code: currency_code.to_owned() }
}

pub fn contact_change(field: &str, text: &str) -> Option<ContactChange> {
    let text = text.to_owned();
    Some(match field {
        "name" => ContactChange::Name(text),
        "title" => ContactChange::Title(text),
        "email" => ContactChange::Email(text),
        "phone" => ContactChange::Phone(text),
        "mobile" => ContactChange::Mobile(text),
        "note" => ContactChange::Note(text),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        import::{domain::mapping::TARGETS, effects::EffectOp},
        record::merge::{Change as _, Fields as _},
    };

    #[test]
    fn every_field_an_import_can_fill_can_get_its_text_back() {
        for target in TARGETS {
            let field = target.field;
            if let Some(field) = field.strip_prefix("contact.") {
                let part_of_name = matches!(field, "first_name" | "last_name");
                let change = contact_change(field, "x");
                assert!(part_of_name || change.is_some_and(|change| change.field() == field && change.text() == "x"), "{field}");
                continue;
            }
            let text = if field == "kind" { "person" } else { "a, b" };
            let change = customer_change(field, text).unwrap_or_else(|| panic!("{field}"));
            assert_eq!((change.field(), change.text().as_str()), (field, text));
        }
    }

    #[test]
    fn every_field_of_a_lead_can_get_its_text_back() {
        let id = ids::format(prefix::STAGE, uuid::Uuid::from_u128(7));
        for path in crate::lead::domain::PATHS {
            let texts: &[&str] = match *path {
                "stage_id" => &[&id],
                "owner_id" | "assignee_id" => &["", &id.replacen(prefix::STAGE, prefix::USER, 1)],
                "team_id" => &["", &id.replacen(prefix::STAGE, prefix::TEAM, 1)],
                "value" => &["1250.50 GBP", "0.00 EUR", "1250 JPY", "0.005 KWD"],
                "follow_up_on" => &["", "2026-11-20"],
                "tags" => &["", "a, b"],
                _ => &["", "x"],
            };
            for text in texts {
                let change = lead_change(path, text).unwrap_or_else(|| panic!("{path}"));
                assert_eq!((change.field(), change.text().as_str()), (*path, *text));
            }
        }
    }

    #[test]
    fn what_was_there_before_comes_back() {
        let mut old = crate::customer::domain::NewCustomer { name: "Old".to_owned(), ..Default::default() };
        old.tags = vec!["a".to_owned(), "b".to_owned()];
        let changes = [Change::Name("New".to_owned()), Change::Tags(Vec::new()), Change::City("Leeds".to_owned())];
        let EffectOp::Updated(before) = EffectOp::updating(&old, &changes) else { panic!("no update") };
        let mut row = old.clone();
        for change in changes {
            row.set(change);
        }
        before.iter().filter_map(|(field, text)| customer_change(field, text)).for_each(|change| row.set(change));
        assert_eq!(row, old);
        assert_eq!(row.current(&Change::Name(String::new())), Change::Name("Old".to_owned()));
    }
}
