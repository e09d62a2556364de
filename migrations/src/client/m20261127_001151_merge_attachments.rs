//! Files go with a merge too.

use crate::ddl::Class::{Internal, Personal};
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

/// As it is from now on: SQLite can't change a check, so the table is made anew there.
const MERGE_EFFECTS: Table = Table {
    name: "merge_effects",
    purpose: "What a merge changed: the records it put away, the survivor's fields, and rows that went from one to the other.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("merge_id", Internal, "Merge."),
        Column::word("row_kind", Internal, "customer, contact, lead, task, note or attachment."),
        Column::uuid("row_id", Internal, "Row that was changed."),
        Column::uuid("from_id", Internal, "Record it belonged to; for records themselves their own id."),
        Column::text("before", Personal, "JSON object of the changed fields as they were.").or("'{}'"),
        Column::text("after", Personal, "JSON object of the survivor's changed fields as the merge left them.").or("'{}'"),
    ],
    primary_key: "org_id, merge_id, row_kind, row_id",
    links: &[Link::in_org("merge_id", "merges", "id").cascades()],
    checks: &["row_kind IN ('customer', 'contact', 'lead', 'task', 'note', 'attachment')"],
    guard: Guard::Tenant(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    if target.is_postgres() {
        return vec![
            "ALTER TABLE merge_effects DROP CONSTRAINT merge_effects_row_kind_check".to_owned(),
            format!("ALTER TABLE merge_effects ADD CONSTRAINT merge_effects_row_kind_check CHECK ({})", MERGE_EFFECTS.checks[0]),
            "COMMENT ON COLUMN merge_effects.\"row_kind\" IS 'customer, contact, lead, task, note or attachment. [1 internal]'"
                .to_owned(),
        ];
    }
    let mut statements = vec!["ALTER TABLE merge_effects RENAME TO merge_effects_before".to_owned()];
    statements.extend(target.create(&[MERGE_EFFECTS]));
    statements.push("INSERT INTO merge_effects SELECT * FROM merge_effects_before".to_owned());
    statements.push("DROP TABLE merge_effects_before".to_owned());
    statements
}
