//! People of the operator's support who look at the company, once an owner has let them in.

pub mod api;
pub mod domain;
pub mod end;
pub mod federated;
pub mod mask;
pub mod principal;
pub mod store;
pub mod tell;
pub mod timeout;
