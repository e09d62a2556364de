//! What a suspension must say.

use streamflow_kernel::error::{Result, Violations};
use streamflow_proto::federation::v1 as pb;

const MAX_REASON: usize = 500;
const MAX_CONTACT: usize = 200;

/// Words for the people of a company that is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub reason: String,
    pub contact: String,
}

impl Words {
    /// Every problem at once.
    pub fn parse(req: &pb::SuspendTenantRequest) -> Result<Self> {
        let mut wrong = Violations::new();
        let words = Self { reason: req.reason.trim().to_owned(), contact: req.contact.trim().to_owned() };
        if !fits(&words.reason, MAX_REASON, true) {
            wrong.add("reason", "Say why in 1 to 500 characters.");
        }
        if !fits(&words.contact, MAX_CONTACT, false) {
            wrong.add("contact", "Name whom to ask in 1 to 200 characters, on one line.");
        }
        wrong.into_result()?;
        Ok(words)
    }
}

fn fits(text: &str, longest: usize, lines: bool) -> bool {
    let odd = |c: char| c.is_control() && !(lines && c == '\n');
    (1..=longest).contains(&text.chars().count()) && !text.chars().any(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_short_plain_and_there() {
        let words = |reason: &str, contact: &str| {
            let req = pb::SuspendTenantRequest { tenant_id: String::new(), reason: reason.into(), contact: contact.into() };
            Words::parse(&req)
        };
        assert_eq!(
            words(" Unpaid.\nSince May. ", " Dana ").unwrap(),
            Words { reason: "Unpaid.\nSince May.".into(), contact: "Dana".into() }
        );
        assert!(words(&"ä".repeat(500), &"ä".repeat(200)).is_ok());
        let (long, longer) = ("x".repeat(201), "x".repeat(501));
        for (reason, contact) in [("", "Dana"), ("x", " "), ("x\u{7}y", "Dana"), ("x", "a\nb"), (&longer, "Dana"), ("x", &long)] {
            assert!(words(reason, contact).is_err(), "{reason} {contact}");
        }
    }
}
