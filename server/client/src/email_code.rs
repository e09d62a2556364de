//! Signing in by a mailed code in place of the password. The second factor stays as it is.

pub mod api;
mod domain;
mod mail;
mod send;
pub mod store;

use chrono::TimeDelta;
use streamflow_kernel::prune::Daily;

/// By then a code is long over, and its mail counts against nobody.
pub const PRUNE: Daily = Daily {
    kind: "prune_email_codes",
    table: "email_codes",
    key: "address_hash",
    condition: "sent_at < ?",
    kept: TimeDelta::days(2),
};
