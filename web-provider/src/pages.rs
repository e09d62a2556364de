//! Pages that only this portal has.

pub mod admins;
pub mod federation;
pub mod settings;

use web_kit::{operator::Identity, session::use_session};

/// Whether the role includes a right, e.g. "admin.write". For showing and hiding only; the server decides.
fn may(permission: &str) -> bool {
    use_session::<Identity>().me_untracked().is_some_and(|me| me.permissions.iter().any(|known| known == permission))
}
