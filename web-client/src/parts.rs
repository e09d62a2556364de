//! What the pages of customers, contacts and leads share.

pub mod actions;
pub mod assign;
pub mod attachments;
pub mod conflict;
pub mod currencies;
pub mod custom;
pub mod customer_field;
pub mod directory;
pub mod download;
pub mod edit;
pub mod facts;
pub mod field;
pub mod history;
pub mod inbox;
pub mod merged;
pub mod news;
pub mod noun;
pub mod place;
pub mod proof;
pub mod record_table;
pub mod rows;
pub mod tags;
pub mod task_dialog;
pub mod tasks;
pub mod views;
