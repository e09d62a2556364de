//! The people of a company and the teams they work in.

pub mod domain;
