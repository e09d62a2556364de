//! The dev system: what the engineers who keep StreamFlow healthy work with.

pub mod anomaly;
pub mod audit;
pub mod client_error;
pub mod elevation;
pub mod error_group;
pub mod health;
pub mod job;
pub mod lockout;
pub mod metric;
pub mod overview;
mod patience;
pub mod session;
pub mod support_session;
pub mod system;
