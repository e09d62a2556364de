//! Customers and contacts from CSV files.

pub mod domain;
