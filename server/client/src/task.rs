//! Tasks: what a person has to do next.

mod about;
pub mod api;
pub mod domain;
pub mod store;
