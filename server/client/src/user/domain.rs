//! Rules of accounts.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use streamflow_kernel::{
    ctx::Subject,
    db::{NO_ORG, Visibility},
    error::{Error, Result},
    password,
};
use streamflow_proto::reason::Reason;
use unicode_normalization::UnicodeNormalization as _;

use super::store::{Membership, User};
use crate::record::input::{self, Problem, limit};

/// Bytes of a decomposed text for one of the composed text, at most: passwords are measured composed.
const MOST_COMPOSED: usize = 4;

/// E-mail addresses are compared in one form: NFKC, lower case, no white space around, no NUL (which PostgreSQL can't compare).
///
/// A text longer than any account's address has none and comes back empty: some characters grow eighteenfold.
pub fn canonical_email(text: &str) -> String {
    let text = text.trim();
    if text.chars().nth(limit::EMAIL).is_some() {
        return String::new();
    }
    text.nfkc().filter(|c| *c != '\0').collect::<String>().to_lowercase()
}

/// An address that somebody types to sign in or to be written to before that, in its one form.
pub fn sign_in_address(text: &str) -> Result<String, Problem> {
    let email = canonical_email(&input::email(text)?);
    if email.is_empty() { Err(Problem::new("Enter your e-mail address.")) } else { Ok(email) }
}

/// A password as it is compared with a hash. One longer than any account's is nobody's, and would only cost time.
pub fn comparable_password(text: &str) -> &str {
    if text.len() > password::MAX_BYTES * MOST_COMPOSED { "" } else { text }
}

/// What counts wrong passwords of an address. Hashed, so that the counters hold no addresses.
pub fn attempts_key(email: &str) -> String {
    format!("account:{}", HEXLOWER.encode(&Sha256::digest(email.as_bytes())))
}

/// Who must have a second factor in a company: those that let others in, and everybody where the company wants it so.
pub fn needs_second_factor(role: &str, required_of_all: bool) -> bool {
    required_of_all || matches!(role, "OWNER" | "MANAGER")
}

/// How much of the company's records a role sees. Accountants read all customers and, by their declared access, no
/// leads.
pub fn visibility(role: &str) -> Visibility {
    match role {
        "OWNER" => Visibility::Org,
        "ACCOUNTANT" => Visibility::Finance,
        "MANAGER" => Visibility::Team,
        "STAFF" => Visibility::Own,
        "EMPLOYEE" => Visibility::Assigned,
        _ => Visibility::Nothing,
    }
}

/// What a caller learns of a failed sign-in, whatever the cause.
pub fn wrong_credentials() -> Error {
    Error::refused(Reason::WRONG_CREDENTIALS, "That e-mail and password don't match. Check both and try again.")
}

/// The person as the subject of an audit record before anyone is signed in.
pub fn subject(user: &User, membership: Option<&Membership>) -> Subject {
    Subject {
        org_id: membership.map_or(NO_ORG, |membership| membership.org_id),
        user_id: Some(user.id),
        name: user.display_name.clone(),
        role: membership.map(|membership| membership.role.clone()).unwrap_or_default(),
        ..Subject::default()
    }
}

/// Checks a new password against the policy.
pub fn check_password(field: &str, password: &str, has_second_factor: bool, context: &[&str]) -> Result<()> {
    streamflow_kernel::password::check_policy(password, has_second_factor, context).map_err(|text| Error::invalid(field, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_form() {
        for text in [" Ada@Example.com ", "ada@example.com", "ＡDA@example.com"] {
            assert_eq!(canonical_email(text), "ada@example.com", "{text}");
        }
        assert_eq!(canonical_email(&"\u{fdfa}".repeat(255)), "");
        assert_eq!(canonical_email(&format!(" {} ", "é".repeat(254))).chars().count(), 254);
    }

    #[test]
    fn nobodys_password_is_not_compared() {
        let long = "x".repeat(password::MAX_BYTES * MOST_COMPOSED + 1);
        assert_eq!((comparable_password("secret"), comparable_password(&long)), ("secret", ""));
    }

    #[test]
    fn an_unknown_role_sees_nothing() {
        assert_eq!(visibility("ADMIN"), Visibility::Nothing);
        assert_eq!(visibility(""), Visibility::Nothing);
    }
}
