//! The people of a company and the teams they work in.

pub mod api;
pub mod domain;
mod leave;
pub mod store;
