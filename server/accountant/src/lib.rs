//! The accountant system: the books of the company that operates StreamFlow.

pub mod anomaly;
pub mod audit;
pub mod client_error;
pub mod lockout;
pub mod overview;
pub mod session;
pub mod subscription;
pub mod system;
