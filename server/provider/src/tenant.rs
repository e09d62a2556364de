//! Companies as they were reported to this system.

pub mod api;
pub mod domain;
pub mod store;
