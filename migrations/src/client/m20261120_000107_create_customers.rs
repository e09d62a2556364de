//! Customers, and the part of them that is kept encrypted.

use crate::ddl::Class::{Confidential, Internal, Personal, Secret};
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const CUSTOMERS: Table = Table {
    name: "customers",
    purpose: "Companies and people an org works for.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "Customer, UUIDv7."),
        Column::bigint("version", Internal, "Grows by one with each change.").or("1"),
        Column::bigint("number", Internal, "Short number, unique in the org."),
        Column::word("name", Personal, "Name as written."),
        Column::sort_text("sort_name", Personal, "Name to sort by: lower case, accents folded."),
        Column::text("kind", Internal, "business or person."),
        Column::text("email", Personal, "E-mail address."),
        Column::text("phone", Personal, "Phone number as written."),
        Column::text("website", Confidential, "Web address."),
        Column::text("street", Personal, "Street and house number."),
        Column::text("postal_code", Personal, "Postal code."),
        Column::sort_text("city", Personal, "City."),
        Column::text("region", Personal, "Region or state."),
        Column::text("country", Personal, "Country."),
        Column::uuid("owner_id", Internal, "Person responsible; decides who sees the record.").null(),
        Column::uuid("assignee_id", Internal, "Person who does the work; decides who sees the record.").null(),
        Column::uuid("team_id", Internal, "Team; decides who sees the record.").null(),
        Column::text("tags", Confidential, "JSON array of labels.").or("'[]'"),
        Column::word("external_id", Internal, "Key in another system, unique in the org.").null(),
        Column::text("source", Internal, "Where it came from: manual, import, lead."),
        Column::text("note", Personal, "Note for everyone who sees the record."),
        Column::text("main_contact_name", Personal, "Name of the main contact, copied for lists."),
        Column::time("created_at", Internal, "When it was created."),
        Column::time("updated_at", Internal, "Last change."),
        Column::time("archived_at", Internal, "Put away since.").null(),
    ],
    unique: &["org_id, number", "org_id, external_id"],
    links: &[
        Link::in_org("owner_id", "memberships", "user_id").clears(),
        Link::in_org("assignee_id", "memberships", "user_id").clears(),
        Link::in_org("team_id", "teams", "id").clears(),
    ],
    indexes: &[
        ("customers_by_name", "org_id, sort_name, id"),
        ("customers_by_update", "org_id, updated_at, id"),
        ("customers_by_creation", "org_id, created_at, id"),
        ("customers_by_city", "org_id, city, id"),
        ("customers_by_owner", "org_id, owner_id, updated_at, id"),
        ("customers_by_assignee", "org_id, assignee_id, updated_at, id"),
        ("customers_by_team", "org_id, team_id, updated_at, id"),
    ],
    guard: Guard::Tenant(Visible::Customer),
    ..Table::EMPTY
};

const CUSTOMER_PRIVATES: Table = Table {
    name: "customer_privates",
    purpose: "Fields of a customer that are kept encrypted with the org's data key.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("customer_id", Internal, "Customer."),
        Column::bigint("version", Internal, "Grows by one with each change.").or("1"),
        Column::blob("tax_id", Secret, "Tax number, encrypted; empty for none."),
        Column::blob("bank_details", Secret, "Bank details, encrypted; empty for none."),
        Column::blob("private_note", Secret, "Note for those with the right, encrypted; empty for none."),
        Column::time("updated_at", Internal, "Last change."),
    ],
    primary_key: "org_id, customer_id",
    links: &[Link::in_org("customer_id", "customers", "id").cascades()],
    guard: Guard::Tenant(Visible::WithCustomer),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[CUSTOMERS, CUSTOMER_PRIVATES])
}
