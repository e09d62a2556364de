//! What people are told of their passkeys.

use streamflow_kernel::mail::Mail;

use crate::account::mail::notice;

pub fn added(to: &str, name: &str, public_url: &str) -> Mail {
    let what = format!("The passkey “{name}” was added to your StreamFlow account. Whoever has it can sign in as you.");
    notice(to, "A passkey was added", &what, public_url)
}

pub fn removed(to: &str, name: &str, public_url: &str) -> Mail {
    let what = format!("The passkey “{name}” was removed from your StreamFlow account. Nobody can sign in with it any more.");
    notice(to, "A passkey was removed", &what, public_url)
}
