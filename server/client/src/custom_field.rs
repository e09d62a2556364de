//! Fields that a company adds to its customers and leads: what they are, and what records hold in them.

pub mod api;
pub mod domain;
pub mod filter;
pub mod read;
pub mod store;
pub mod value;
