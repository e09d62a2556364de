//! The dev system: what the engineers who keep StreamFlow healthy work with.

pub mod audit;
pub mod client_error;
pub mod elevation;
pub mod job;
pub mod overview;
pub mod session;
pub mod support_session;
pub mod system;
