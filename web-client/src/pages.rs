//! One file per screen.

pub mod anomalies;
pub mod audit;
pub mod contact;
pub mod contacts;
pub mod customer;
pub mod customers;
pub mod dashboard;
pub mod duplicates;
pub mod import;
pub mod imports;
pub mod inbox;
pub mod lead;
pub mod lead_board;
pub mod leads;
pub mod profile;
pub mod settings;
pub mod tasks;
pub mod team;
