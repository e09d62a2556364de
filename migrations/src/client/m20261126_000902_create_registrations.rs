//! Companies on their way: what was asked for, how far each has come, and the tokens that let somebody ask.

use crate::ddl::Class::{Internal, Secret};
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const REGISTRATIONS: Table = Table {
    name: "registrations",
    purpose: "Companies asked for, each once by its external number. They come before their company, so they belong to none.",
    columns: &[
        Column::uuid("id", Internal, "Registration, UUIDv7."),
        Column::word("external_customer_id", Internal, "Its number at whoever registers it."),
        Column::word("tenant_id", Internal, "Name in page addresses that is kept for it."),
        Column::bytes("request", Secret, "What was asked for, encrypted with the platform key: it names the owner."),
        Column::word("step", Internal, "The last one done: accepted, made, welcomed or told."),
        Column::uuid("org_id", Internal, "The company once it is made.").null(),
        Column::bool("is_new_owner", Internal, "The owner's account was made with the company."),
        Column::int("attempts", Internal, "Times its next step failed.").or("0"),
        Column::text("last_error", Internal, "Why, in plain words, nothing personal."),
        Column::time("created_at", Internal, "When it was accepted."),
        Column::time("made_at", Internal, "When the company was made.").null(),
        Column::time("welcomed_at", Internal, "When the mail to its owner was queued.").null(),
        Column::time("told_at", Internal, "When the system that hears of companies had heard of it.").null(),
    ],
    primary_key: "id",
    unique: &["external_customer_id", "tenant_id"],
    checks: &["step IN ('accepted', 'made', 'welcomed', 'told')"],
    indexes: &[("registrations_by_step", "step, created_at"), ("registrations_by_org", "org_id")],
    guard: Guard::Shared(Visible::Nothing),
    ..Table::EMPTY
};

const SIGN_UP_TOKENS: Table = Table {
    name: "sign_up_tokens",
    purpose: "Tokens that let somebody register one company.",
    columns: &[
        Column::bytes("token_hash", Secret, "SHA-256 of the token."),
        Column::time("created_at", Internal, "When it was made."),
        Column::time("expires_at", Internal, "A first use must come before."),
        Column::uuid("registration_id", Internal, "What it was used for; from then on it is good for that alone.").null(),
    ],
    primary_key: "token_hash",
    links: &[Link::to("registration_id", "registrations", "id").cascades()],
    indexes: &[("sign_up_tokens_by_registration", "registration_id")],
    guard: Guard::Shared(Visible::Nothing),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[REGISTRATIONS, SIGN_UP_TOKENS])
}
