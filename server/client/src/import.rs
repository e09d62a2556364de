//! Customers with their contacts, or leads, from CSV files.

pub mod api;
mod batch;
mod checked;
mod chunks;
pub mod command;
mod create;
pub mod domain;
pub mod effects;
mod file;
pub mod job;
mod kept;
mod leads;
mod lookup;
mod plan;
pub mod run;
pub mod store;
mod turns;
mod undo;
mod upload;
