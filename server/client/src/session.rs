//! Signing in and out of a company.

pub mod api;
pub mod entry;
pub mod factor;
pub mod principal;
mod switch;
