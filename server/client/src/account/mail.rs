//! What accounts write to their people. Plain text, short, with one thing to do.

use streamflow_kernel::mail::Mail;

use super::reset::LINK_HOURS;

pub fn reset_link(public_url: &str, token: &str) -> String {
    format!("{public_url}/reset/confirm#token={token}")
}

pub fn reset(to: &str, link: &str) -> Mail {
    let unit = if LINK_HOURS == 1 { "hour" } else { "hours" };
    Mail {
        to: to.to_owned(),
        subject: "Set a new password".to_owned(),
        body: format!(
            "Somebody, probably you, asked to set a new password for your StreamFlow account.\n\n\
             Open this link within {LINK_HOURS} {unit} to choose one:\n\n{link}\n\n\
             If you did not ask for this, do nothing: your password stays as it is.\n"
        ),
    }
}

pub fn password_changed(to: &str, public_url: &str) -> Mail {
    notice(
        to,
        "Your password was changed",
        "The password of your StreamFlow account was changed, and all other sessions were ended.",
        public_url,
    )
}

pub fn password_reset(to: &str, public_url: &str) -> Mail {
    notice(
        to,
        "Your password was changed",
        "A new password was set for your StreamFlow account by a link that was mailed to you. All sessions were ended, and passkeys and a \
         GitHub account that were connected were taken out: add yours again in your profile.",
        public_url,
    )
}

pub fn second_factor_on(to: &str, public_url: &str) -> Mail {
    notice(
        to,
        "An authenticator was set up",
        "An authenticator app was set up for your StreamFlow account, and all other sessions were ended.",
        public_url,
    )
}

/// What somebody is told who may not have done it.
pub fn notice(to: &str, subject: &str, what: &str, public_url: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: subject.to_owned(),
        body: format!(
            "{what}\n\nIf that was not you, set a new password at once and tell an owner of your company:\n\n{public_url}/reset\n"
        ),
    }
}
