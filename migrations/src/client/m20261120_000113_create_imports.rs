//! Imports: the uploaded file, how it is read, how far it has come, and what it did.

use crate::ddl::Class::{Confidential, Internal, Personal};
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const IMPORTS: Table = Table {
    name: "imports",
    purpose: "Imports of a file. A background worker takes running ones of all orgs by lease.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("id", Internal, "Import, UUIDv7."),
        Column::bigint("version", Internal, "Grows by one with each change.").or("1"),
        Column::word("state", Internal, "uploading, mapping, review, running, done, failed, undoing or undone."),
        Column::text("file_name", Confidential, "Name of the file."),
        Column::bigint("file_size", Internal, "Announced size in bytes.").or("0"),
        Column::bigint("uploaded_bytes", Internal, "Bytes received.").or("0"),
        Column::text("delimiter", Internal, "Character between cells."),
        Column::text("encoding", Internal, "Character set, WHATWG label."),
        Column::text("mapping", Internal, "JSON array of target fields by column.").or("'[]'"),
        Column::text("mode", Internal, "create, update or upsert."),
        Column::text("key", Internal, "Field that finds an existing record."),
        Column::text("fixes", Personal, "JSON object of changed cells and dropped rows.").or("'{}'"),
        Column::int("total_rows", Internal, "Rows of data in the file.").or("0"),
        Column::int("done_rows", Internal, "Rows dealt with; work resumes after them.").or("0"),
        Column::int("created", Internal, "Customers created.").or("0"),
        Column::int("updated", Internal, "Customers changed.").or("0"),
        Column::int("unchanged", Internal, "Rows that said nothing new.").or("0"),
        Column::int("skipped", Internal, "Rows left out.").or("0"),
        Column::int("contacts_created", Internal, "Contacts created.").or("0"),
        Column::int("problem_count", Internal, "Rows with problems.").or("0"),
        Column::uuid("created_by", Internal, "Who began it."),
        Column::time("created_at", Internal, "When it was begun."),
        Column::time("finished_at", Internal, "When it ended.").null(),
        Column::text("failure", Internal, "Why it failed, in plain words."),
        Column::time("lease_until", Internal, "A worker holds it until then.").null(),
    ],
    indexes: &[("imports_by_time", "org_id, created_at desc, id desc"), ("imports_waiting", "state, lease_until")],
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

const IMPORT_CHUNKS: Table = Table {
    name: "import_chunks",
    purpose: "The uploaded file in pieces.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("import_id", Internal, "Import."),
        Column::bigint("offset", Internal, "Place of the piece in the file, in bytes."),
        Column::bytes("data", Personal, "The piece."),
    ],
    primary_key: "org_id, import_id, offset",
    links: &[Link::in_org("import_id", "imports", "id").cascades()],
    guard: Guard::Tenant(Visible::All),
    ..Table::EMPTY
};

const IMPORT_EFFECTS: Table = Table {
    name: "import_effects",
    purpose: "What each row did, so that it can be undone.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("import_id", Internal, "Import."),
        Column::int("row", Internal, "Line of the data, from 1."),
        Column::word("record_kind", Internal, "customer or contact."),
        Column::uuid("record_id", Internal, "Record created or changed."),
        Column::word("op", Internal, "created or updated."),
        Column::text("before", Personal, "JSON object of the changed fields as they were.").or("'{}'"),
        Column::bigint("version_after", Internal, "Version the import left; a later one means someone changed it since."),
    ],
    primary_key: "org_id, import_id, row, record_kind",
    links: &[Link::in_org("import_id", "imports", "id").cascades()],
    checks: &["op IN ('created', 'updated')"],
    guard: Guard::Tenant(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[IMPORTS, IMPORT_CHUNKS, IMPORT_EFFECTS])
}
