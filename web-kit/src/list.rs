//! What a list page is made of: its state in the address, its rows from the server, what is selected.

pub mod aip;
pub mod bar;
pub mod chips;
pub mod file;
pub mod filter_bar;
pub mod opened;
pub mod pages;
pub mod query;
pub mod rows;
pub mod selection;
pub mod state;
