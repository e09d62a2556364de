//! What others changed, as it happens.

pub mod api;
