//! How every system is.
//!
//! | room | holds |
//! |---|---|
//! | `api` | asking all of them at once |
//! | `domain` | what needs a look |
//! | `convert` | what another system says, in this portal's messages |

pub mod api;
mod convert;
pub mod domain;
