//! Search over customers, contacts and leads.

pub mod api;
pub mod domain;
pub mod find;
pub mod index;
mod sqlite;
pub mod store;
