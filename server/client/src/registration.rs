//! Companies that somebody outside asks for. A registration is accepted once, by its external number; a job makes the company and
//! writes to its owner, another one tells the system that hears of companies. Each step and its mark are one transaction, so a
//! process may end anywhere.

pub mod api;
pub mod domain;
pub mod federated;
mod insert;
pub mod key;
mod mail;
pub mod provision;
pub mod store;
pub mod tell;
pub mod token;
