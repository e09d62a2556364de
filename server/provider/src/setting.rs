//! Settings of this system: defined in code, kept encrypted where they differ from what holds anyway.

pub mod api;
pub mod domain;
pub mod mirror;
pub mod store;
