//! The pipeline itself: its stages, as owners shape them.

pub mod api;
mod domain;
pub mod store;
