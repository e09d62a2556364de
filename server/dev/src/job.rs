//! Background work of this system.

pub mod api;
