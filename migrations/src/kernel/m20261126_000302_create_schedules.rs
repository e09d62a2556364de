//! Work that is done from time to time: when it is due, and how it went. The work itself is a job.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Table, Target};

const SCHEDULES: Table = Table {
    name: "schedules",
    purpose: "Work of the system itself that is done again and again. Whoever moves the time on queues the job.",
    columns: &[
        Column::word("name", Internal, "Which work: the kind of its jobs."),
        Column::bigint("every_seconds", Internal, "Time from one run to the next."),
        Column::time("next_run_at", Internal, "Not queued again before then."),
        Column::time("last_started_at", Internal, "When the last attempt began.").null(),
        Column::time("last_finished_at", Internal, "When the last attempt ended.").null(),
        Column::text("last_result", Internal, "What was done last, in plain words."),
        Column::text("last_error", Internal, "Why the last attempt failed, in plain words; empty when it didn't."),
    ],
    primary_key: "name",
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[SCHEDULES])
}
