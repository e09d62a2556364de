//! What others changed, as it happens.

