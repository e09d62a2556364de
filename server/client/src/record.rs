//! What customers, contacts and leads have in common.

pub mod csv;
pub mod edit;
pub mod fields;
pub mod input;
pub mod kind;
pub mod list;
pub mod merge;
pub mod number;
pub mod people;
pub mod row;
pub mod trace;
pub mod writer;
