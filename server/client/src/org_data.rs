//! Everything of a company as one file: a ZIP archive with the rows of each of its tables, written by a job and kept for a week.

pub mod api;
mod archive;
pub mod domain;
pub mod job;
pub mod prune;
pub mod store;
mod table;
