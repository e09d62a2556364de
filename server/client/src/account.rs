//! A person's own password and second factor.

pub mod api;
pub mod mail;
pub mod reset;
pub mod store;
