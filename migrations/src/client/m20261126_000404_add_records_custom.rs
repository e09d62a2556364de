//! Values of custom fields, with the record they belong to.

use super::m20261126_000401_add_orgs_industry::add;
use crate::ddl::Class::Personal;
use crate::ddl::{Column, Target};

const CUSTOM: Column =
    Column::json("custom", Personal, "JSON object of the custom fields that have a value: text in its one spelling, by key.")
        .or("'{}'");

pub fn up(target: Target) -> Vec<String> {
    ["customers", "leads"].into_iter().flat_map(|table| add(target, table, &CUSTOM)).collect()
}
