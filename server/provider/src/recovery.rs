//! Recovery Mode as this portal shows it. The mode itself is the kernel's.

pub mod api;
pub mod closed;
