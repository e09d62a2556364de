//! How every system is.
//!
//! | room | holds |
//! |---|---|
//! | `api` | asking all of them at once |
//! | `domain` | what needs a look |
//! | `convert` | what another system says, in this portal's messages |
//! | `watch` | asking now and then while nobody looks, so that it is known since when one is away |

pub mod api;
mod convert;
pub mod domain;
pub mod watch;
