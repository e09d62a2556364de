//! API tests: every RPC through a real listener, on SQLite and on PostgreSQL.
#![expect(clippy::disallowed_methods, reason = "tests reach behind the walls, and fail by panicking")]

// What the fuzz targets, which are compiled here too, know as their fuzzer: see `fuzz_targets`.
extern crate self as libfuzzer_sys;

mod access;
mod accountant;
mod client;
mod currencies;
mod dev;
mod elevation;
mod fuzz_targets;
mod guide;
mod kernel;
mod operators;
mod provider;
mod reasons;
mod strangers;
