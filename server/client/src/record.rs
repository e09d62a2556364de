//! What customers, contacts and leads have in common.

pub mod csv;
pub mod fields;
pub mod input;
pub mod merge;
