//! Signing in with GitHub: OAuth 2.0 with an authorization code and PKCE (RFC 6749, RFC 7636, RFC 9700). It takes the place of the
//! password and of nothing else. Off where the operator has named no application of GitHub's.
//!
//! | room | holds |
//! |---|---|
//! | `site` | what is asked of GitHub, and how little it is trusted |
//! | `attempt` | the way to GitHub and back, bound to one browser and good once |
//! | `store` | rows of both, and of who is connected |

pub mod api;
mod attempt;
mod domain;
mod mail;
pub mod site;
pub mod store;

use chrono::TimeDelta;
use streamflow_kernel::prune::Daily;

/// They are good for ten minutes.
pub const PRUNE: Daily = Daily {
    kind: "prune_github_attempts",
    table: "github_attempts",
    key: "state_hash",
    condition: "created_at < ?",
    kept: TimeDelta::hours(1),
};
