//! Companies as the other systems see them: the directory, what is reported of them, and closing them to their people.

pub mod api;
pub mod domain;
pub mod lifecycle;
pub mod report;
pub mod store;
pub mod tell;
