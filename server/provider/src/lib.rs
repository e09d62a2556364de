//! The provider system: how the company that operates StreamFlow runs it.

pub mod admin;
pub mod anomaly;
pub mod audit;
pub mod change;
pub mod client_error;
pub mod elevation;
pub mod federation;
pub mod lockout;
pub mod overview;
pub mod provisioning;
pub mod recovery;
pub mod session;
pub mod setting;
pub mod support_session;
pub mod system;
pub mod tenant;
