//! The people of this portal. They live in a table, encrypted; the first comes from the environment, once.

pub mod api;
pub mod domain;
pub mod people;
pub mod setup;
pub mod store;
