//! A person's own password and second factor.

pub mod api;
mod mail;
pub mod reset;
mod store;
