//! Companies as their own system tells of them, and closing them to their people.
//!
//! | room | holds |
//! |---|---|
//! | `api` | what the portal's people see and do |
//! | `event`, `pull` | the two ways in which companies become known: what is reported, and the directory read again and again |
//! | `usage` | what companies do, as their own system counts it |
//! | `subscription` | what other systems may ask |
//! | `domain` | what may be taken from another system, and states |
//! | `store`, `list`, `fleet` | rows, lists of them, figures over them |

pub mod api;
pub mod domain;
pub mod event;
pub mod fleet;
pub mod list;
pub mod pull;
pub mod store;
pub mod subscription;
pub mod usage;
