//! What accounts write to their people. Plain text, short, with one thing to do.

use streamflow_kernel::{kernel::Kernel, mail::Mail};

use super::reset::LINK_HOURS;

pub fn reset_link(kernel: &Kernel, token: &str) -> String {
    format!("{}/reset/confirm?token={token}", kernel.public_url)
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

pub fn password_changed(to: &str, kernel: &Kernel) -> Mail {
    notice(
        to,
        "Your password was changed",
        "The password of your StreamFlow account was changed, and all other sessions were ended.",
        kernel,
    )
}

pub fn second_factor_on(to: &str, kernel: &Kernel) -> Mail {
    notice(
        to,
        "An authenticator was set up",
        "An authenticator app was set up for your StreamFlow account, and all other sessions were ended.",
        kernel,
    )
}

fn notice(to: &str, subject: &str, what: &str, kernel: &Kernel) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: subject.to_owned(),
        body: format!(
            "{what}\n\nIf that was not you, set a new password at once and tell an owner of your company:\n\n{}/reset\n",
            kernel.public_url
        ),
    }
}
