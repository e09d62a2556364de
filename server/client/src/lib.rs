//! The client system: what a company's own people work with. It knows the roles OWNER, MANAGER, STAFF, EMPLOYEE and ACCOUNTANT
//! and no other portal.

pub mod account;
pub mod anomaly;
pub mod assignment_rule;
pub mod audit;
pub mod change;
pub mod client_error;
pub mod contact;
pub mod custom_field;
pub mod customer;
pub mod dashboard;
pub mod import;
pub mod invitation;
pub mod lead;
pub mod lead_stage;
pub mod merge;
pub mod notification;
pub mod noun;
pub mod org;
pub mod org_data;
pub mod permission;
pub mod record;
pub mod registration;
pub mod saved_view;
pub mod search;
pub mod session;
pub mod sign_up;
pub mod support_session;
pub mod system;
pub mod task;
pub mod team;
pub mod template;
pub mod tenant;
pub mod timeline;
pub mod usage;
pub mod user;
