//! Companies on their way, as their own system tells of them when it is asked.

pub mod api;
