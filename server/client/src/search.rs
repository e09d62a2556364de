//! Search over customers, contacts and leads.

pub mod api;
pub mod domain;
pub mod find;
mod sqlite;
pub mod store;
