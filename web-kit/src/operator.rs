//! Pages of the portals whose one person comes from the environment: sign-in, overview, audit, sign-ins, sessions. A portal brings its own
//! messages through [`OperatorPortal`], its own layout and its own words; nothing here knows which portals there are.

pub mod audit;
pub mod company;
pub mod contract;
pub mod door;
pub mod elevation;
pub mod frame;
pub mod manner;
pub mod overview;
pub mod refusal;
pub mod sessions;
pub mod sign_ins;
pub mod space;
pub mod support;

pub use contract::{
    AuditLine, Figure, Health, Identity, LockedSubject, Lockout, Lockouts, OperatorPortal, Overview, Point, SessionLine,
};
pub use manner::Manner;
