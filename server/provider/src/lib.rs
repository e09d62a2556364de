//! The provider system: how the company that operates StreamFlow runs it.

pub mod audit;
pub mod client_error;
pub mod federation;
pub mod overview;
pub mod session;
pub mod system;
pub mod tenant;
