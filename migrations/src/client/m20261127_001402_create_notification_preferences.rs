//! What a person wants to be told, and where: in the inbox, by e-mail, or both.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Guard, Link, Table, Target, Visible};

const NOTIFICATION_PREFERENCES: Table = Table {
    name: "notification_preferences",
    purpose: "What a person chose for a kind of notification. A kind without a row is in the inbox and not mailed.",
    columns: &[
        Column::uuid("org_id", Internal, "Org."),
        Column::uuid("user_id", Internal, "Whose choice it is."),
        Column::word("kind", Internal, "invitation, import, assigned, …"),
        Column::bool("inbox", Internal, "Shown in the inbox."),
        Column::bool("email", Internal, "Sent as a mail."),
        Column::time("updated_at", Internal, "Last change."),
    ],
    primary_key: "org_id, user_id, kind",
    links: &[Link::to("user_id", "users", "id")],
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

const COLUMNS: [Column; 2] = [
    Column::bool("hidden", Internal, "Its person did not want it in the inbox when it was made."),
    Column::bool("mail", Internal, "It is still to be sent as a mail."),
];

pub fn up(target: Target) -> Vec<String> {
    let mut statements = target.create(&[NOTIFICATION_PREFERENCES]);
    statements.extend(COLUMNS.iter().flat_map(|column| target.add("notifications", column)));
    statements.push("CREATE INDEX notifications_to_mail ON notifications (\"created_at\") WHERE mail".to_owned());
    statements
}
