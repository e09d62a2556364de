//! Companies as the other systems see them: the directory, and what is reported of them.

pub mod api;
pub mod report;
pub mod store;
