//! Signing in by a mailed code in place of the password. The second factor stays as it is.

pub mod api;
mod browser;
mod domain;
mod mail;
mod send;
mod store;

use chrono::TimeDelta;
use streamflow_kernel::prune::Daily;

/// By then a code is long over.
pub const PRUNE: Daily = Daily {
    kind: "prune_email_codes",
    table: "email_codes",
    key: "key_hash",
    condition: "sent_at < ?",
    kept: TimeDelta::days(2),
};
