//! What pages report of their failures, of every portal.

pub mod api;
