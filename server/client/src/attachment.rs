//! Files on customers, contacts, leads and tasks.

pub mod api;
pub mod content;
pub mod domain;
mod holder;
pub mod intake;
pub mod prune;
pub mod store;
