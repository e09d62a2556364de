//! Saved views: the ways a person looks at a list.

pub mod api;
pub mod domain;
pub mod list;
pub mod store;
