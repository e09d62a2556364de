//! What the audit shows to be out of the ordinary.

use crate::ddl::Class::{Internal, Personal};
use crate::ddl::{Column, Guard, Table, Target, Visible};

const ANOMALIES: Table = Table {
    name: "anomalies",
    purpose: "Findings of the detector, counted up until somebody has acknowledged them. Written by background work, of all orgs.",
    columns: &[
        Column::uuid("org_id", Internal, "Org it concerns; the nil id for the system as a whole."),
        Column::uuid("id", Internal, "Anomaly, UUIDv7."),
        Column::word("rule", Internal, "Which rule found it."),
        Column::text("subject", Internal, "person:, then an id; address:, then an address; empty for no one in particular."),
        Column::uuid("person_id", Internal, "The person, where it is about one.").null(),
        Column::text("person_name", Personal, "Name of the person at that time."),
        Column::text("address", Personal, "The address, where it is about one; of IPv6 the first 64 bits."),
        Column::int("events", Internal, "Requests counted."),
        Column::time("first_at", Internal, "First request counted."),
        Column::time("last_at", Internal, "Last request counted; later ones are new."),
        Column::word("state", Internal, "open or acknowledged."),
        Column::bigint("version", Internal, "Counts changes.").or("1"),
        Column::uuid("acknowledged_by", Internal, "Who has seen it.").null(),
        Column::time("acknowledged_at", Internal, "When.").null(),
    ],
    checks: &["state IN ('open', 'acknowledged')"],
    indexes: &[("anomalies_newest", "org_id, last_at desc, id desc"), ("anomalies_by_age", "state, last_at")],
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    let mut statements = target.create(&[ANOMALIES]);
    statements.push(
        "CREATE UNIQUE INDEX anomalies_open ON anomalies (\"org_id\", \"rule\", \"subject\") WHERE state = 'open'".to_owned(),
    );
    // What the detector reads every minute, of all orgs. Most requests succeed, and cost this index nothing.
    statements.push("CREATE INDEX audit_refused ON audit (\"at\") WHERE outcome <> 'OK'".to_owned());
    statements
}
