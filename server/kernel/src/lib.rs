//! What every system stands on and no system owns: the way of a request, the database behind it, the change feed, audit,
//! sessions, limits, keys. The kernel names no service of a portal. [`db::Visibility`] alone speaks of what a portal's people see,
//! because finders and row policies must agree on it.

pub mod access;
pub mod anomaly;
pub mod audit;
pub mod client_errors;
pub mod clock;
pub mod crypto;
pub mod csv;
pub mod ctx;
pub mod db;
pub mod device;
pub mod error;
pub mod federation;
pub mod feed;
pub mod ids;
pub mod jobs;
pub mod kernel;
pub mod list;
pub mod lockout;
pub mod mail;
pub mod mail_queue;
pub mod master_keys;
pub mod meter;
pub mod operator;
pub mod password;
pub mod pieces;
pub mod places;
pub mod portal_services;
pub mod prune;
pub mod rate_limit;
pub mod recovery;
pub mod server;
pub mod session;
pub mod telemetry;
pub mod tls;
pub mod totp;
pub mod upload;
pub mod vault;
