//! What people are told of their passkeys.

use streamflow_kernel::mail::Mail;

pub fn added(to: &str, name: &str, public_url: &str) -> Mail {
    let what = format!("The passkey “{name}” was added to your StreamFlow account. Whoever has it can sign in as you.");
    notice(to, "A passkey was added", &what, public_url)
}

pub fn removed(to: &str, name: &str, public_url: &str) -> Mail {
    let what = format!("The passkey “{name}” was removed from your StreamFlow account. Nobody can sign in with it any more.");
    notice(to, "A passkey was removed", &what, public_url)
}

fn notice(to: &str, subject: &str, what: &str, public_url: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: subject.to_owned(),
        body: format!(
            "{what}\n\nIf that was not you, set a new password at once, remove passkeys you don't know in your profile, and tell an \
             owner of your company:\n\n{public_url}/reset\n"
        ),
    }
}
