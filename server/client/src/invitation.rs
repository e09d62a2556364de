//! Bringing people into a company.

