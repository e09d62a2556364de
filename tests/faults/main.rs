//! Fault tests: the real program and the real database, killed under load.
#![expect(clippy::disallowed_methods, reason = "tests reach behind the walls, and fail by panicking")]

mod kill;
