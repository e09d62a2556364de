//! People who begin by themselves: a mailed link proves the address, a password is chosen behind it, and one company is set up by an
//! act of its own. From there on it is a registration like those of programs, under a number of its own.

pub mod account;
pub mod api;
pub mod domain;
mod mail;
mod start;
mod store;

use chrono::TimeDelta;
use streamflow_kernel::prune::Daily;

/// Used or not: by then their links have ended, and their mails count against nobody.
pub const PRUNE: Daily =
    Daily { kind: "prune_sign_ups", table: "sign_ups", key: "id", condition: "created_at < ?", kept: TimeDelta::days(2) };
