//! The provider portal's own nouns.

pub mod admin;
mod change;
mod provisioning;
pub mod recovery;
mod setting;
pub mod tenant;
