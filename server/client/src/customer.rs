//! Customers: the companies and people an org works for.

pub mod api;
pub mod domain;
pub mod private;
pub mod store;
