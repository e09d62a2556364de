//! Search over customers, contacts and leads.

pub mod domain;
