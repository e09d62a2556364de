//! The dev portal's own RPCs, one file a noun.

mod job;
