//! What companies do, as numbers for the systems that run StreamFlow.

pub mod api;
pub mod store;
