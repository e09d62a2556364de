//! A company on its way out: asked for by an owner, announced to everybody, and after the time for second thoughts deleted for good, its
//! key first, so that copies made before can't be read either.

pub mod api;
pub mod domain;
pub mod erase;
pub mod job;
pub mod mail;
pub mod store;
