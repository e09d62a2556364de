//! One file per screen.

pub mod job;
