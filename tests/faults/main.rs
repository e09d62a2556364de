//! Fault tests: the real program and the real database, killed under load, changed by hand or used from a terminal.
#![expect(clippy::disallowed_methods, reason = "tests reach behind the walls, and fail by panicking")]

mod audit;
mod big_import;
mod database;
mod demo;
mod federation;
mod import;
mod import_kill;
mod jobs;
mod keys;
mod kill;
mod outage;
mod recovery;
mod registration;
mod rolling;
mod secrets;
mod skew;
mod slow;
mod start;
mod systems;
mod tenant;
mod tls;
