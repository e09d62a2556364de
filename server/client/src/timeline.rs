//! What happened to a record.

pub mod api;
pub mod store;
