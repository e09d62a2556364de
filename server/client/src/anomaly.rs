//! What the audit shows to be out of the ordinary in a company: owners hear of it, owners and managers look at it.

pub mod alarm;
pub mod api;
