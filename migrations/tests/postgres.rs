//! The same schema on PostgreSQL: roles, row-level security, the definer functions and the self-check.
//!
//! Each program starts a cluster of its own; `TEST_POSTGRES_URL` names another (superuser's URL without a database).
#![expect(clippy::disallowed_methods, reason = "tests make their own connections, times and ids")]

mod postgres {
    mod cluster;
    mod functions;
    mod isolation;
    mod plans;
    mod preparation;
}
