//! Kinds of work a company does, each with its checklist. Its industry's template sets up the first ones, its owners shape them.

pub mod api;
mod domain;
mod store;
