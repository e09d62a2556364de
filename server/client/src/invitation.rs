//! How people come into a company: by a mailed link.

pub mod api;
pub mod domain;
mod mail;
mod newcomer;
pub mod store;
