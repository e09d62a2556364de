//! Failures that pages report.

pub mod api;
