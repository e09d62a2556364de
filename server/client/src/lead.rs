//! Leads: people and companies who may become customers.

pub mod domain;
