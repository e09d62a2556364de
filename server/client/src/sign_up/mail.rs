//! What people who begin are told. Plain text, short, with one thing to do, and nothing in it that whoever asked has typed.

use streamflow_kernel::mail::Mail;

use super::start::LINK_HOURS;

pub fn link(to: &str, public_url: &str, token: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: "Confirm your address".to_owned(),
        body: format!(
            "Somebody, probably you, wants to begin with StreamFlow under this address.\n\n\
             Open this link within {LINK_HOURS} hours to choose a password and set up your company:\n\n\
             {public_url}/setup/welcome#token={token}\n\n\
             If you did not ask for this, do nothing: there will be no account.\n"
        ),
    }
}

/// To an address whose account somebody signs in with.
pub fn known(to: &str, public_url: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: "You have an account already".to_owned(),
        body: format!(
            "Somebody, probably you, wanted to begin with StreamFlow under this address, which has an account already.\n\n\
             Sign in here:\n\n{public_url}/sign-in\n\n\
             If you forgot your password, choose a new one:\n\n{public_url}/reset\n\n\
             If you did not ask for this, do nothing: your account stays as it is.\n"
        ),
    }
}
