//! A person's inbox: what happened that concerns them.

pub mod api;
pub mod news;
pub mod prune;
pub mod store;
