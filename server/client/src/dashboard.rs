//! What the dashboard counts.

pub mod api;
mod store;
mod weeks;
