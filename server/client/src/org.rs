//! Companies: made by the operator, entered by their people.

pub mod api;
pub mod domain;
pub mod plan;
pub mod provision;
pub mod store;
