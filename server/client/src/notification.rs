//! A person's inbox: what happened that concerns them.

pub mod api;
pub mod mail;
pub mod news;
pub mod preference;
pub mod store;

use chrono::TimeDelta;
use streamflow_kernel::prune::Daily;

/// Read or not.
pub const PRUNE: Daily = Daily {
    kind: "prune_notifications",
    table: "notifications",
    key: "org_id, id",
    condition: "created_at < ?",
    kept: TimeDelta::days(90),
};
