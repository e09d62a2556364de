//! The accountant portal's own RPCs, one file a noun.

mod subscription;
