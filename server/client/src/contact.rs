//! Contacts: the people at a customer.

pub mod domain;
