//! Pages that only this portal has.

pub mod subscriptions;
