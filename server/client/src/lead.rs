//! Leads: people and companies who may become customers.

pub mod api;
pub mod convert;
pub mod domain;
pub mod place;
pub mod stage;
pub mod store;
