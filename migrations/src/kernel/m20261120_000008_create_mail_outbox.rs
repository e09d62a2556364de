//! Mail waiting to be sent: written with the effect it tells about, sent afterwards.

use crate::ddl::Class::{Internal, Personal, Secret};
use crate::ddl::{Column, Table, Target};

const MAIL_OUTBOX: Table = Table {
    name: "mail_outbox",
    purpose: "Mails to send. A background worker reads those of all orgs, so no row policy.",
    columns: &[
        Column::uuid("id", Internal, "Mail, UUIDv7."),
        Column::uuid("org_id", Internal, "Org it is sent for; none for the platform.").null(),
        Column::word("recipient", Personal, "Address."),
        Column::text("subject", Personal, "Subject line."),
        Column::text("body", Secret, "Plain text; may hold a link that signs in, so it is emptied once sent."),
        Column::time("created_at", Internal, "When it was queued."),
        Column::time("sent_at", Internal, "When the mail server took it.").null(),
        Column::int("attempts", Internal, "Deliveries tried.").or("0"),
        Column::text("failure", Internal, "Why the last try failed."),
    ],
    primary_key: "id",
    indexes: &[("mail_outbox_waiting", "sent_at, created_at")],
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[MAIL_OUTBOX])
}
