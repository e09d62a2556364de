//! The provider portal's own nouns.

pub mod admin;
pub mod recovery;
mod setting;
mod tenant;
