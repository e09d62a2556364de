//! Companies: made by the operator, entered by their people.

pub mod domain;
pub mod provision;
mod store;
