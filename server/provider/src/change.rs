//! What becomes of companies, as it happens.

pub mod api;
