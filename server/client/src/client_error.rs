//! Failures that the portal reports of itself.

