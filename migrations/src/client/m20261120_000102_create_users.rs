//! People who sign in, and what proves who they are.

use crate::ddl::Class::{Internal, Personal, Secret};
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const USERS: Table = Table {
    name: "users",
    purpose: "People. One person may belong to several orgs, so the row belongs to none.",
    columns: &[
        Column::uuid("id", Internal, "Person, UUIDv7."),
        Column::word("email", Personal, "Address to sign in with: lower case, NFC."),
        Column::text("display_name", Personal, "Name shown to others."),
        Column::text("password_hash", Secret, "argon2id PHC string; empty until a password is set."),
        Column::bytes("totp_secret", Secret, "Authenticator secret, encrypted with the platform key.").null(),
        Column::time("totp_confirmed_at", Internal, "Since then the second factor is on.").null(),
        Column::time("created_at", Internal, "When the person was first invited or signed up."),
        Column::time("disabled_at", Internal, "Since then sign-in is refused.").null(),
    ],
    primary_key: "id",
    unique: &["email"],
    guard: Guard::Shared(Visible::OfPerson("id")),
    ..Table::EMPTY
};

const RECOVERY_CODES: Table = Table {
    name: "recovery_codes",
    purpose: "Codes that stand in for a lost authenticator, each good once.",
    columns: &[
        Column::uuid("user_id", Internal, "Whose code."),
        Column::bytes("code_hash", Secret, "Hash of the code."),
        Column::time("used_at", Internal, "When it was spent.").null(),
    ],
    primary_key: "user_id, code_hash",
    links: &[Link::to("user_id", "users", "id").cascades()],
    guard: Guard::Shared(Visible::OfPerson("user_id")),
    ..Table::EMPTY
};

const PASSWORD_RESETS: Table = Table {
    name: "password_resets",
    purpose: "Links mailed to set a new password, each good once.",
    columns: &[
        Column::bytes("token_hash", Secret, "SHA-256 of the token in the link."),
        Column::uuid("user_id", Internal, "Whose password."),
        Column::time("expires_at", Internal, "End of the link."),
        Column::time("used_at", Internal, "When it was spent.").null(),
    ],
    primary_key: "token_hash",
    links: &[Link::to("user_id", "users", "id").cascades()],
    indexes: &[("password_resets_by_user", "user_id")],
    guard: Guard::Shared(Visible::OfPerson("user_id")),
    ..Table::EMPTY
};

const KNOWN_DEVICES: Table = Table {
    name: "known_devices",
    purpose: "Devices a person has signed in from: strangers can't lock them out.",
    columns: &[
        Column::uuid("user_id", Internal, "Whose device."),
        Column::bytes("device_hash", Secret, "SHA-256 of the device cookie."),
        Column::time("created_at", Internal, "First sign-in from it."),
    ],
    primary_key: "user_id, device_hash",
    links: &[Link::to("user_id", "users", "id").cascades()],
    guard: Guard::Shared(Visible::OfPerson("user_id")),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[USERS, RECOVERY_CODES, PASSWORD_RESETS, KNOWN_DEVICES])
}
