//! Companies: made by the operator, entered by their people.

pub mod api;
pub mod domain;
mod mail;
pub mod plan;
pub mod provision;
mod second_factor;
pub mod store;
