//! Work to be done behind the answers: written with the effect it follows from, done by whichever process takes it.

use crate::ddl::Class::{Internal, Secret};
use crate::ddl::{Column, Guard, Table, Target, Visible};

const JOBS: Table = Table {
    name: "jobs",
    purpose: "Work waiting, under way, done or given up. Any process takes what is due, of all orgs, by lease.",
    columns: &[
        Column::uuid("org_id", Internal, "Org it is done for; nil for the system itself."),
        Column::uuid("id", Internal, "Job, UUIDv7."),
        Column::word("kind", Internal, "Which work."),
        Column::text("key", Internal, "Of an org's jobs of a kind with the same key at most one waits or runs; empty for none."),
        Column::blob("payload", Secret, "What the work is told, JSON encrypted with the platform key; emptied once done."),
        Column::word("state", Internal, "queued, running, done or dead."),
        Column::time("run_at", Internal, "Not begun before then."),
        Column::int("attempts", Internal, "Times it was begun.").or("0"),
        Column::uuid("lease_by", Internal, "The attempt that holds it.").null(),
        Column::time("lease_until", Internal, "Held until then; afterwards any process may begin it again.").null(),
        Column::text("result", Internal, "What was done, in plain words."),
        Column::text("last_error", Internal, "Why the last attempt failed, in plain words, nothing personal."),
        Column::time("created_at", Internal, "When it was queued."),
        Column::time("started_at", Internal, "When the last attempt began.").null(),
        Column::time("finished_at", Internal, "When it was done or given up.").null(),
    ],
    checks: &["state IN ('queued', 'running', 'done', 'dead')"],
    indexes: &[
        ("jobs_due", "state, run_at"),
        ("jobs_leased", "state, lease_until"),
        ("jobs_finished", "state, finished_at"),
        ("jobs_newest", "created_at desc, id desc"),
    ],
    guard: Guard::TenantAndSystem(Visible::All),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    let mut statements = target.create(&[JOBS]);
    statements.push(
        "CREATE UNIQUE INDEX jobs_open_key ON jobs (\"org_id\", \"kind\", \"key\") \
         WHERE key <> '' AND state IN ('queued', 'running')"
            .to_owned(),
    );
    statements
}
