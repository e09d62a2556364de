//! What the first owner is told.

use streamflow_kernel::mail::Mail;

/// How long a new owner may take to choose a password.
pub const LINK_DAYS: i64 = 7;

/// To somebody whose account was made with the company.
pub fn welcome(to: &str, company: &str, link: &str, url: &str) -> Mail {
    let company = one_line(company);
    Mail {
        to: to.to_owned(),
        subject: format!("{company} is ready on StreamFlow"),
        body: format!(
            "{company} now has a place on StreamFlow, and you are its owner.\n\n\
             Open this link within {LINK_DAYS} days to choose your password:\n\n{link}\n\n\
             At your first sign-in you set up an authenticator. From then on you work here:\n\n{url}\n\n\
             If you don't know {company}, you can ignore this mail.\n"
        ),
    }
}

/// To somebody who has an account already, and keeps its password.
pub fn one_more(to: &str, company: &str, url: &str) -> Mail {
    let company = one_line(company);
    Mail {
        to: to.to_owned(),
        subject: format!("{company} is ready on StreamFlow"),
        body: format!(
            "{company} now has a place on StreamFlow, and you are its owner. Sign in with the password you have:\n\n{url}\n\n\
             If you don't know {company}, tell whoever runs StreamFlow for you.\n"
        ),
    }
}

/// Names come from people; a mail's subject is one short line.
fn one_line(name: &str) -> String {
    name.chars().filter(|c| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')).take(100).collect()
}
