//! The people of the portal. What tells who they are or lets them in is encrypted with the system's own key.

use crate::ddl::Class::{Internal, Secret};
use crate::ddl::{Column, Table, Target};

const ADMINS: Table = Table {
    name: "admins",
    purpose: "People of the portal, encrypted.",
    columns: &[
        Column::uuid("id", Internal, "The person."),
        Column::bytes("email_index", Secret, "HMAC-SHA256 of the address in small letters: finds a person without telling who."),
        Column::bytes("email", Secret, "Address, encrypted."),
        Column::bytes("display_name", Secret, "Name, encrypted."),
        Column::blob("password_hash", Secret, "argon2id hash, encrypted; empty until one was chosen."),
        Column::blob("totp_secret", Secret, "Seed of the authenticator, encrypted; empty until one was enrolled."),
        Column::word("role", Internal, "As in the protos, without ROLE_."),
        Column::word("state", Internal, "INVITED, ACTIVE or DISABLED."),
        Column::bytes("setup_hash", Secret, "SHA-256 of the link's token; NULL once it was used.").null(),
        Column::time("setup_expires_at", Internal, "End of the link.").null(),
        Column::time("created_at", Internal, "When the person was added."),
        Column::time("updated_at", Internal, "Last change."),
        Column::bigint("version", Internal, "Grows with each change."),
    ],
    primary_key: "id",
    unique: &["email_index", "setup_hash"],
    checks: &["role IN ('ADMIN', 'VIEWER')", "state IN ('INVITED', 'ACTIVE', 'DISABLED')"],
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[ADMINS])
}
