//! The dev portal's own RPCs, one file a noun.

mod error_group;
mod health;
mod job;
mod metric;
