//! The provider portal's own nouns.

mod admin;
mod recovery;
mod setting;
mod tenant;
