//! Errors that happened in browsers.

use crate::ddl::Class::{Internal, Personal};
use crate::ddl::{Column, Table, Target};

const CLIENT_ERRORS: Table = Table {
    name: "client_errors",
    purpose: "Errors reported by pages, also before sign-in, so no row policy.",
    columns: &[
        Column::uuid("id", Internal, "Report, UUIDv7."),
        Column::time("at", Internal, "When it was received."),
        Column::text("message", Internal, "What went wrong, cleaned of form values."),
        Column::text("page", Internal, "Path of the page."),
        Column::text("correlation_id", Internal, "Number shown to the person."),
        Column::text("build", Internal, "Version of the page's code."),
        Column::text("user_agent", Personal, "Browser, as it calls itself."),
        Column::uuid("user_id", Internal, "Who saw it, if signed in.").null(),
        Column::uuid("org_id", Internal, "Org of that person.").null(),
    ],
    primary_key: "id",
    indexes: &[("client_errors_by_time", "at desc, id desc")],
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[CLIENT_ERRORS])
}
