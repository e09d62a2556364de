//! The client portal's RPCs, one file a noun.

mod session;
