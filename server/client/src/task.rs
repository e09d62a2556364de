//! Tasks: what a person has to do next.

pub mod domain;
