//! Contacts: the people at a customer.

use crate::ddl::Class::{Internal, Personal};
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const CONTACTS: Table = Table {
    name: "contacts",
    purpose: "People at a customer; visible to those who see the customer.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "Contact, UUIDv7."),
        Column::bigint("version", Internal, "Grows by one with each change.").or("1"),
        Column::uuid("customer_id", Internal, "Customer the person is at."),
        Column::word("name", Personal, "Name as written."),
        Column::sort_text("sort_name", Personal, "Name to sort by: lower case, accents folded."),
        Column::text("title", Personal, "Position at the customer."),
        Column::text("email", Personal, "E-mail address."),
        Column::text("phone", Personal, "Phone number as written."),
        Column::text("mobile", Personal, "Mobile number as written."),
        Column::text("note", Personal, "Note for everyone who sees the record."),
        Column::bool("main", Internal, "The contact shown with the customer."),
        Column::time("created_at", Internal, "When it was created."),
        Column::time("updated_at", Internal, "Last change."),
        Column::time("archived_at", Internal, "Put away since.").null(),
    ],
    links: &[Link::in_org("customer_id", "customers", "id")],
    indexes: &[
        ("contacts_by_name", "org_id, sort_name, id"),
        ("contacts_by_update", "org_id, updated_at, id"),
        ("contacts_by_creation", "org_id, created_at, id"),
        ("contacts_by_customer", "org_id, customer_id, sort_name, id"),
    ],
    guard: Guard::Tenant(Visible::WithCustomer),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[CONTACTS])
}
