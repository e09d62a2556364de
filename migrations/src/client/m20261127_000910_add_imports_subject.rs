//! What the rows of an import are; those before brought customers. Leads are looked up by their e-mail address, hundreds at once.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Target, literal};

const SUBJECT: Column = Column::word("subject", Internal, "What each row is: customers or leads.").or("'customers'");

/// Comments that spoke of customers alone.
const MEANINGS: [(&str, Column); 3] = [
    ("imports", Column::int("created", Internal, "Customers or leads created.")),
    ("imports", Column::int("updated", Internal, "Customers or leads changed.")),
    ("import_effects", Column::word("record_kind", Internal, "customer, contact or lead.")),
];

pub fn up(target: Target) -> Vec<String> {
    let mut statements = target.add("imports", &SUBJECT);
    statements.push("CREATE INDEX leads_by_email ON leads (\"org_id\", \"email\")".to_owned());
    if target.is_postgres() {
        let comment = |(table, column): &(&str, Column)| {
            format!("COMMENT ON COLUMN {table}.\"{}\" IS {}", column.name, literal(&column.comment()))
        };
        statements.extend(MEANINGS.iter().map(comment));
    }
    statements
}
