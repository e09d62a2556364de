//! Fault tests: the real program and the real database, killed under load or changed by hand.
#![expect(clippy::disallowed_methods, reason = "tests reach behind the walls, and fail by panicking")]

mod audit;
mod kill;
