//! One file per screen.

pub mod errors;
pub mod health;
pub mod job;
mod live;
pub mod metrics;
mod tally;
