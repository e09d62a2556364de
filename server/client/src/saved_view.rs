//! Saved views: the ways a person looks at a list.

pub mod domain;
