//! The mail with the link.

use streamflow_kernel::{ctx::Principal, mail::Mail};

use super::domain::LIFE;

pub fn invitation(public_url: &str, inviter: &Principal, to: &str, token: &str) -> Mail {
    let (name, org) = (one_line(&inviter.display_name), one_line(&inviter.org.name));
    Mail {
        to: to.to_owned(),
        subject: format!("{name} invites you to {org}"),
        body: format!(
            "{name} invites you to work with {org} on StreamFlow.\n\n\
             Open this link within {} days to join:\n\n{}/invitation#token={token}\n\n\
             If you don't know {org}, you can ignore this mail.\n",
            LIFE.num_days(),
            public_url,
        ),
    }
}

/// Names come from people; a mail's subject is one short line.
fn one_line(name: &str) -> String {
    name.chars().filter(|c| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')).take(100).collect()
}
