//! Records that turn out to be one and the same: finding them, uniting them in a survivor, and taking that back.
//! Not to be confused with [`crate::record::merge`], which unites two edits of one record.

pub mod api;
pub mod domain;
pub mod duplicates;
pub mod find;
pub mod preview;
pub mod related;
pub mod store;
pub mod undo;
pub mod unite;
pub mod unites;
