//! How this system and the others get on.

pub mod api;
pub mod standing;
