//! Customers by their e-mail address: imports look them up by it, hundreds at once.

use crate::ddl::Target;

pub fn up(_: Target) -> Vec<String> {
    vec!["CREATE INDEX customers_by_email ON customers (\"org_id\", \"email\")".to_owned()]
}
