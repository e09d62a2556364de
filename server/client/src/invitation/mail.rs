//! The mail with the link.

use streamflow_kernel::{ctx::Principal, mail::Mail};

use super::domain::LIFE;

pub fn invitation(public_url: &str, inviter: &Principal, to: &str, token: &str) -> Mail {
    let (name, org) = (plain(&inviter.display_name), plain(&inviter.org.name));
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

/// Names come from people, and the mail goes to whomever they like, in our name: one short line, in which no mail program finds an address
/// to open. Whatever joins the parts of one becomes a space.
fn plain(name: &str) -> String {
    let mut text = String::new();
    let mut rest = name.chars().filter(|c| !is_invisible(*c)).take(100).peekable();
    while let Some(c) = rest.next() {
        let joins = matches!(c, '.' | ':' | '/' | '\\' | '@') || is_dot(c);
        let is_between = text.ends_with(char::is_alphanumeric) && rest.peek().is_some_and(|next| !next.is_whitespace());
        text.push(if joins && is_between { ' ' } else { c });
    }
    text
}

/// What other scripts write a name's dots with; programs take them for one (UTS 46, section 2.3).
const fn is_dot(c: char) -> bool {
    matches!(c, '\u{3002}' | '\u{ff0e}' | '\u{ff61}' | '\u{2024}' | '\u{fe52}')
}

/// Line ends, and marks that turn the direction of the text around.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_name_is_one_line_and_no_address() {
        for (name, told) in [
            ("Harrow & Pike Ltd.", "Harrow & Pike Ltd."),
            ("Dr. Ada Moreno, M.Sc", "Dr. Ada Moreno, M Sc"),
            ("Paid: open https://evil.example/a", "Paid: open https //evil example a"),
            ("www.evil.example", "www evil example"),
            ("pay ada@evil.example now", "pay ada evil example now"),
            ("evil\u{3002}example", "evil example"),
            ("a\r\nBcc: x\u{202e}y\u{2028}z", "aBcc: xyz"),
            ("evil\u{200b}.example", "evil example"),
        ] {
            assert_eq!(plain(name), told);
        }
        assert_eq!(plain(&"x".repeat(500)).len(), 100);
    }
}
