//! The same schema on PostgreSQL: roles, row-level security, the definer functions and the self-check.
//!
//! Needs a cluster of its own: set STREAMFLOW_TEST_POSTGRES to a superuser's URL without a database name, such as
//! postgres://postgres:secret@127.0.0.1:5432. Without it the tests say so and do nothing.
#![expect(
    clippy::disallowed_methods,
    reason = "tests make their own connections, times and ids"
)]

mod postgres {
    mod cluster;
    mod functions;
    mod isolation;
    mod preparation;
}
