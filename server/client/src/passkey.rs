//! Passkeys: what people add in their profile and sign in with. A person's, like the password, and of no company.

pub mod api;
mod challenge;
mod domain;
mod mail;
pub mod store;
pub mod webauthn;

use chrono::TimeDelta;
use streamflow_kernel::prune::Daily;

/// Challenges that nobody answered.
pub const PRUNE: Daily = Daily {
    kind: "prune_passkey_challenges",
    table: "passkey_challenges",
    key: "challenge_hash",
    condition: "expires_at < ?",
    kept: TimeDelta::zero(),
};
