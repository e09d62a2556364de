//! What customers, contacts and leads have in common.

pub mod api;
pub mod bulk;
pub mod choice;
pub mod edit;
pub mod export;
pub mod fields;
pub mod find;
pub mod input;
pub mod kind;
pub mod list;
pub mod merge;
pub mod number;
pub mod people;
pub mod row;
pub mod trace;
pub mod values;
pub mod writer;
