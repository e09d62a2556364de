//! What the dashboard counts.

