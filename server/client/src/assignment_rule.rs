//! Rules that give new leads to people: by what the lead is, and by turns among those who work.

pub mod api;
pub mod assign;
mod domain;
pub mod store;
