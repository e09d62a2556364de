//! What all lists share: filter, order and pages, read and checked together.
//!
//! A noun declares one `ListSpec`; its List RPC calls `ListSpec::read`, which reports all problems of the
//! request at once, each at its field.

pub mod filter;
pub mod order;
pub mod page;
mod sql;

use uuid::Uuid;

use crate::error::Violations;
use filter::{Condition, Others, Schema};
use order::{Order, OrderField};
use page::{Key, PageToken};

/// What can be asked of one list.
#[derive(Clone, Copy, Debug)]
pub struct ListSpec {
    /// Tells this list's page tokens from those of others, e.g. "customers".
    pub name: &'static str,
    pub filters: &'static Schema,
    pub orders: &'static [OrderField],
    pub default_order: Order,
}

/// The list fields of a request, as they came.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListRequest<'a> {
    pub page_size: i32,
    pub page_token: &'a str,
    pub filter: &'a str,
    pub order_by: &'a str,
    /// Whether the first page comes with how many match.
    pub count_total: bool,
}

/// What the store has to find.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    pub conditions: Vec<Condition>,
    pub order: Order,
    /// Rows of a page. Fetch one more to know whether there is a next page.
    pub size: u64,
    /// The page begins after this row.
    pub after: Option<PageToken>,
    /// Whether to count the matches; only ever with the first page.
    pub count_total: bool,
    fingerprint: u64,
}

impl<'a> ListRequest<'a> {
    /// Of a list that can be asked nothing but its pages.
    pub fn page(page_size: i32, page_token: &'a str) -> Self {
        Self { page_size, page_token, ..Self::default() }
    }
}

impl ListSpec {
    /// Reads size, token, filter and order of a request. Fails with every field that can't be read, each with a sentence for its person; a
    /// token is judged when filter and order are right.
    pub fn read(&self, request: ListRequest<'_>) -> Result<List, Violations> {
        self.read_with(request, &|_| None)
    }

    /// As [`read`](Self::read); `others` reads filter terms of fields that are not in the schema.
    pub fn read_with(&self, request: ListRequest<'_>, others: &Others<'_>) -> Result<List, Violations> {
        let mut problems = Violations::new();
        let size = page::size(request.page_size).map_err(|message| problems.add("page_size", message));
        let conditions = filter::parse(request.filter)
            .map_err(|error| vec![error.to_string()])
            .and_then(|terms| filter::resolve(&terms, self.filters, others));
        let conditions = conditions.map_err(|messages| {
            for message in messages {
                problems.add("filter", message);
            }
        });
        let order =
            order::parse(request.order_by, self.orders, self.default_order).map_err(|message| problems.add("order_by", message));
        // A token can be judged only against a filter and an order that are right.
        let (Ok(size), Ok(conditions), Ok(order)) = (size, conditions, order) else {
            return Err(problems);
        };
        let fingerprint = page::fingerprint(self.name, &conditions, order);
        match PageToken::decode(request.page_token, fingerprint, order.key) {
            Ok(after) => {
                let count_total = request.count_total && after.is_none();
                Ok(List { conditions, order, size, after, count_total, fingerprint })
            }
            Err(message) => {
                problems.add("page_token", message);
                Err(problems)
            }
        }
    }
}

impl List {
    /// The token of the page after the row with this key and id.
    pub fn token_after(&self, last_key: Key, last_id: Uuid) -> String {
        PageToken { fingerprint: self.fingerprint, last_key, last_id }.encode()
    }
}

#[cfg(test)]
mod tests {
    use super::filter::{FieldSpec, Kind};
    use super::page::KeyKind;
    use super::*;

    const SPEC: ListSpec = ListSpec {
        name: "customers",
        filters: &[FieldSpec::new("city", Kind::Text)],
        orders: &[OrderField::new("name", KeyKind::Text), OrderField::new("updated_at", KeyKind::Time)],
        default_order: OrderField::new("name", KeyKind::Text).ascending(),
    };

    #[test]
    fn a_request_without_anything_is_the_first_page_in_the_default_order() {
        let list = SPEC.read(ListRequest::default()).unwrap();
        assert_eq!((list.conditions.len(), list.size, list.after), (0, 50, None));
        assert_eq!(list.order, SPEC.default_order);
    }

    #[test]
    fn the_next_page_goes_on_after_the_last_row_while_filter_and_order_stay() {
        let request = ListRequest { filter: "city = Bonn", ..ListRequest::default() };
        let first = SPEC.read(request).unwrap();
        let last = (Key::Text("weber".into()), Uuid::from_u128(7));
        let token = first.token_after(last.0.clone(), last.1);

        let respelled = ListRequest { page_token: &token, filter: " city=\"Bonn\" ", order_by: "name asc", ..request };
        let after = SPEC.read(respelled).unwrap().after.unwrap();
        assert_eq!((after.last_key, after.last_id), last);

        let changed = [
            ListRequest { filter: "", ..respelled },
            ListRequest { order_by: "name desc", ..respelled },
            ListRequest { order_by: "updated_at", ..respelled },
        ];
        for request in changed {
            let problems = format!("{:?}", SPEC.read(request).unwrap_err());
            assert!(problems.contains("page_token"), "{problems}");
        }
    }

    #[test]
    fn all_problems_of_a_request_come_back_at_once() {
        let request =
            ListRequest { page_size: -1, page_token: "x", filter: "town = x AND city < x", order_by: "town", count_total: false };
        let problems = format!("{:?}", SPEC.read(request).unwrap_err());
        for part in ["page_size", "\\\"town\\\" to filter", "city can't be compared", "order_by"] {
            assert!(problems.contains(part), "{part} is missing in {problems}");
        }
    }
}
