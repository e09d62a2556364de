//! A person's own password and second factor.

