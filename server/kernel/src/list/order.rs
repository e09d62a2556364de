//! The order of a list (AIP-132): one field, ascending or descending.
//!
//! Each order is finished by the id in the same direction, so that it is total and a keyset page can stand
//! between any two rows. A second field is refused: each order has its index, and there is none for pairs.

use super::page::KeyKind;

/// A field a list can be ordered by.
#[derive(Clone, Copy, Debug)]
pub struct OrderField {
    pub name: &'static str,
    /// What a page token has to hold to go on after a row.
    pub key: KeyKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub field: &'static str,
    pub key: KeyKind,
    pub descending: bool,
}

impl OrderField {
    pub const fn new(name: &'static str, key: KeyKind) -> Self {
        Self { name, key }
    }

    pub const fn ascending(&self) -> Order {
        Order { field: self.name, key: self.key, descending: false }
    }

    pub const fn descending(&self) -> Order {
        Order { field: self.name, key: self.key, descending: true }
    }
}

/// Reads `field [asc|desc]`; the empty text is `default`. The error is a sentence.
pub fn parse(text: &str, fields: &[OrderField], default: Order) -> Result<Order, String> {
    if text.contains(',') {
        return Err("A list is ordered by one field.".into());
    }
    let mut words = text.split_whitespace();
    let Some(name) = words.next() else {
        return Ok(default);
    };
    let Some(field) = fields.iter().find(|field| field.name == name) else {
        let known: Vec<_> = fields.iter().map(|field| field.name).collect();
        let name: String = name.chars().take(60).collect();
        return Err(format!("There is no field \"{name}\" to order by. Fields: {}.", known.join(", ")));
    };
    match (words.next(), words.next()) {
        (None | Some("asc"), None) => Ok(field.ascending()),
        (Some("desc"), None) => Ok(field.descending()),
        _ => Err("After the field comes asc or desc, and nothing else.".into()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIELDS: &[OrderField] = &[OrderField::new("name", KeyKind::Text), OrderField::new("updated_at", KeyKind::Time)];
    const DEFAULT: Order = FIELDS[1].descending();

    #[test]
    fn one_field_with_a_direction_is_read() {
        let cases = [
            ("", DEFAULT),
            ("  ", DEFAULT),
            ("name", FIELDS[0].ascending()),
            ("name asc", FIELDS[0].ascending()),
            (" updated_at   desc ", FIELDS[1].descending()),
        ];
        for (text, order) in cases {
            assert_eq!(parse(text, FIELDS, DEFAULT), Ok(order), "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_a_sentence() {
        let cases = [
            ("nmae", "There is no field \"nmae\" to order by. Fields: name, updated_at."),
            ("Name", "There is no field \"Name\" to order by. Fields: name, updated_at."),
            ("name, updated_at", "A list is ordered by one field."),
            ("name DESC", "After the field comes asc or desc, and nothing else."),
            ("name desc desc", "After the field comes asc or desc, and nothing else."),
        ];
        for (text, message) in cases {
            assert_eq!(parse(text, FIELDS, DEFAULT), Err(message.into()), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text: String) {
            let _ = parse(&text, FIELDS, DEFAULT);
        }
    }
}
