//! What each process measured of its own work, for the charts of the engineers' portal.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Table, Target};

const METRIC_SAMPLES: Table = Table {
    name: "metric_samples",
    purpose: "Figures of one process and one minute or hour: counts and durations, nothing of persons or companies.",
    columns: &[
        Column::bigint("seconds", Internal, "Length of the time it is about: 60 or 3600."),
        Column::time("at", Internal, "When that time began."),
        Column::uuid("process", Internal, "Which process; each start is another one."),
        Column::text("figures", Internal, "The figures, JSON."),
    ],
    primary_key: "seconds, at, process",
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    target.create(&[METRIC_SAMPLES])
}
