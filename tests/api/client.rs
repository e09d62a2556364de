//! The client portal's RPCs, one file a noun.

mod account;
mod anomaly;
mod assignment_rule;
mod audit;
mod client_error;
mod contact;
mod custom_field;
pub mod customer;
mod dashboard;
mod ids;
mod import;
mod invitation;
mod lead;
mod lead_stage;
mod merge;
mod notification;
mod org;
mod record;
mod registration;
mod registration_http;
mod saved_view;
mod search;
mod session;
mod task;
mod team;
mod texts;
mod timeline;
