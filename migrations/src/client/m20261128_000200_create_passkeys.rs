//! Passkeys of people, and the challenges that their browsers answer.

use crate::ddl::Class::{Internal, Personal, Secret};
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const PASSKEYS: Table = Table {
    name: "passkeys",
    purpose: "Credentials of Web Authentication that people sign in with. A person's, like the password: they go with the account.",
    columns: &[
        Column::uuid("id", Internal, "Passkey, UUIDv7."),
        Column::uuid("user_id", Internal, "Whose it is."),
        Column::bytes("credential_id", Personal, "Name that its authenticator gave it, 1 to 1,023 bytes."),
        Column::word("rp_id", Internal, "Host of the portal that it is good for."),
        Column::bytes("public_key", Personal, "COSE_Key of its signatures (RFC 9052)."),
        Column::bigint(
            "sign_count",
            Internal,
            "Signatures its authenticator had counted when it was last used; 0 where none are counted.",
        )
        .or("0"),
        Column::bool("backup_eligible", Internal, "May be copied to other devices; stays as it was made."),
        Column::bool("backed_up", Internal, "Was copied when it was last used."),
        Column::text("name", Personal, "What its person calls it."),
        Column::time("created_at", Internal, "When it was added."),
        Column::time("last_used_at", Internal, "Last sign-in with it.").null(),
    ],
    primary_key: "id",
    unique: &["credential_id"],
    links: &[Link::to("user_id", "users", "id").cascades()],
    indexes: &[("passkeys_by_user", "user_id")],
    guard: Guard::Shared(Visible::OfPerson("user_id")),
    ..Table::EMPTY
};

const CHALLENGES: Table = Table {
    name: "passkey_challenges",
    purpose: "What browsers have been given to sign. A row is deleted by its use, so that it is good once.",
    columns: &[
        Column::bytes("challenge_hash", Secret, "SHA-256 of the challenge."),
        Column::uuid("session_id", Internal, "Session that adds a passkey; none where somebody signs in.").null(),
        Column::word("origin", Internal, "Origin of the page that asked."),
        Column::time("expires_at", Internal, "End of the challenge."),
    ],
    primary_key: "challenge_hash",
    indexes: &[("passkey_challenges_by_end", "expires_at")],
    guard: Guard::Shared(Visible::Nothing),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[PASSKEYS, CHALLENGES])
}
