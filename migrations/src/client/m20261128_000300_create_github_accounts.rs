//! Accounts at GitHub that sign people in, and the ways there and back that are open.

use crate::ddl::Class::{Internal, Personal, Secret};
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const GITHUB_ACCOUNTS: Table = Table {
    name: "github_accounts",
    purpose: "Accounts at GitHub that people have connected: one of a person, and each to one person.",
    columns: &[
        Column::uuid("user_id", Internal, "Whose account."),
        Column::word(
            "site",
            Internal,
            "Address of the GitHub it is from; numbers of two of them have nothing to do with each other.",
        ),
        Column::bigint("github_id", Personal, "Number of the account there, which never changes."),
        Column::text("login", Personal, "Name of the account the last time it signed in."),
        Column::time("connected_at", Internal, "When it was connected."),
    ],
    primary_key: "user_id",
    unique: &["site, github_id"],
    links: &[Link::to("user_id", "users", "id").cascades()],
    guard: Guard::Shared(Visible::Nothing),
    ..Table::EMPTY
};

const GITHUB_ATTEMPTS: Table = Table {
    name: "github_attempts",
    purpose: "Ways to GitHub and back that were begun and not finished. Each is good once, for ten minutes, in one browser.",
    columns: &[
        Column::bytes("state_hash", Secret, "SHA-256 of the state that GitHub sends back."),
        Column::bytes("browser_hash", Secret, "SHA-256 of the cookie that the browser keeps meanwhile."),
        Column::uuid("user_id", Internal, "Who connects an account; none for a sign-in.").null(),
        Column::time("created_at", Internal, "When it was begun."),
    ],
    primary_key: "state_hash",
    links: &[Link::to("user_id", "users", "id").cascades()],
    indexes: &[("github_attempts_by_time", "created_at"), ("github_attempts_by_user", "user_id")],
    guard: Guard::Shared(Visible::Nothing),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[GITHUB_ACCOUNTS, GITHUB_ATTEMPTS])
}
