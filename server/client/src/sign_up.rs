//! People who begin by themselves: a mailed link proves the address, a password is chosen behind it, and one company is set up by an
//! act of its own. From there on it is a registration like those of programs, under a number of its own.

pub mod account;
pub mod api;
pub mod domain;
mod mail;
pub mod prune;
mod start;
mod store;
