//! Accounts: one person, whatever companies they work in. They belong to no company, so they are reached through the system
//! transaction only.

pub mod domain;
pub mod store;
