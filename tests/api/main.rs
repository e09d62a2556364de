//! API tests: every RPC through a real listener, on SQLite and on PostgreSQL.
#![expect(clippy::disallowed_methods, reason = "tests reach behind the walls, and fail by panicking")]

mod access;
mod accountant;
mod client;
mod dev;
mod elevation;
mod kernel;
mod operators;
mod provider;
mod strangers;
