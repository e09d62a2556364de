//! Customers and contacts from CSV files.

