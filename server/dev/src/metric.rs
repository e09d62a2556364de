//! What every system measured of itself.
//!
//! | room | holds |
//! |---|---|
//! | `api` | asking all of them at once |
//! | `domain` | one picture of what they told |

pub mod api;
pub mod domain;
