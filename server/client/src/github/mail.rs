//! Mails about the connection with GitHub.

use streamflow_kernel::mail::Mail;

use crate::account::mail::notice;

pub fn connected(to: &str, login: &str, public_url: &str) -> Mail {
    let what = format!(
        "The GitHub account {login} was connected to your StreamFlow account, and signs you in from now on in place of your password.\n\n\
         You can disconnect it in your profile; changing your password alone does not do that."
    );
    notice(to, "A GitHub account was connected", &what, public_url)
}

pub fn disconnected(to: &str, login: &str, public_url: &str) -> Mail {
    let what = format!("The GitHub account {login} was disconnected from your StreamFlow account and signs nobody in any more.");
    notice(to, "Your GitHub account was disconnected", &what, public_url)
}
