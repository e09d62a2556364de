//! Customers: the companies and people an org works for.

pub mod domain;
