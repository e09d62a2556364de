//! Who did what in the company.

