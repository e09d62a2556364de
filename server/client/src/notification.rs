//! A person's inbox: what happened that concerns them.

pub mod api;
pub mod mail;
pub mod news;
pub mod preference;
pub mod prune;
pub mod store;
