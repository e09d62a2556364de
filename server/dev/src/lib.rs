//! The dev system: what the engineers who keep StreamFlow healthy work with.

pub mod overview;
pub mod session;
pub mod system;
