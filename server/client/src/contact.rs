//! Contacts: the people at a customer.

pub mod api;
pub mod domain;
pub mod store;
