//! Who did what in the company.

pub mod api;
