//! What a code is, how long it is good, and what it is known by.

use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};
use streamflow_kernel::{
    crypto::MacKey,
    ctx::Ctx,
    error::{Error, Result, Violations},
};
use streamflow_proto::client::{reason, v1 as pb};
use uuid::Uuid;

use crate::{
    record::input::Problem,
    user::{domain::sign_in_address, store::User},
};

/// From the request for it.
pub const LIFE: TimeDelta = TimeDelta::minutes(10);
/// One who asks gets at most one mail in this time.
pub const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// Codes that are compared with one that was mailed: of a hundred million that there are, strangers try 250 a day at an address.
pub const MOST_TRIES: i32 = 5;
const DIGITS: usize = 8;
/// Keeps its marks apart from others of the same master key.
const PURPOSE: &str = "streamflow e-mail code v1";

/// Eight digits from 256 random bits. One of them is likelier than another by less than 2^-37.
pub fn new_code(random: [u8; 32]) -> String {
    let number = u64::from_be_bytes(random.first_chunk().copied().unwrap_or_default());
    format!("{:0DIGITS$}", number % 10_u64.pow(DIGITS as u32))
}

/// What codes are kept as: HMAC-SHA256 over account, the code's own id, the account's password hash and the digits. With the rows alone
/// nobody finds a code by trying all there are, and a new password ends every code that was mailed before, whoever asked for it.
pub struct Marks(MacKey);

impl Marks {
    pub fn new(ctx: &Ctx) -> Self {
        Self(ctx.mac_key(PURPOSE))
    }

    pub fn of(&self, user: &User, code_id: Uuid, code: &str) -> Vec<u8> {
        self.0.mark(&message(Some(user), code_id, code))
    }

    /// Takes the same time wherever they differ.
    pub fn knows(&self, user: Option<&User>, code_id: Uuid, code: &str, mark: &[u8]) -> bool {
        self.0.knows(&message(user, code_id, code), mark)
    }
}

/// All parts before the digits have one length, so that no two are joined to the same bytes.
fn message(user: Option<&User>, code_id: Uuid, code: &str) -> Vec<u8> {
    let (account, password_hash) = user.map(|user| (user.id, user.password_hash.as_str())).unwrap_or_default();
    [account.as_bytes(), code_id.as_bytes(), &*Sha256::digest(password_hash), code.as_bytes()].concat()
}

/// Somebody who says that a code was mailed to them.
#[derive(Clone, PartialEq, Eq)]
pub struct Claim {
    /// In its one form, see [`canonical_email`](crate::user::domain::canonical_email).
    pub email: String,
    pub code: String,
}

impl Claim {
    /// Every problem at once.
    pub fn parse(req: &pb::SignInWithCodeRequest) -> Result<Self> {
        let mut problems = Violations::new();
        let mut take = |field: &str, read: Result<String, Problem>| {
            read.map_err(|problem| problems.add(field, problem.sentence())).unwrap_or_default()
        };
        let (email, code) = (take("email", sign_in_address(&req.email)), take("code", digits(&req.code)));
        problems.into_result()?;
        Ok(Self { email, code })
    }
}

/// The address of a request for a code.
pub fn address(text: &str) -> Result<String> {
    sign_in_address(text).map_err(|problem| Error::invalid("email", problem.sentence()))
}

/// People copy "1234 5678".
fn digits(text: &str) -> Result<String, Problem> {
    let problem = || Problem::new("Enter the eight digits of the mail.");
    // What is longer than any code with its white space is not looked through.
    if text.len() > 4 * DIGITS {
        return Err(problem());
    }
    let code: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let is_whole = code.len() == DIGITS && code.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then_some(code).ok_or_else(problem)
}

/// What a caller learns of a code that is not good, whatever the cause.
pub fn wrong_code() -> Error {
    Error::refused(reason::WRONG_CODE, "That code is not right, or good no longer. Check it, or ask for a new one.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_eight_digits_whatever_it_is_made_of() {
        let mut random = [0; 32];
        assert_eq!(new_code(random), "00000000");
        random[..8].copy_from_slice(&1_234_567_890_123_u64.to_be_bytes());
        assert_eq!(new_code(random), "67890123");
        random[..8].fill(0xff);
        assert_eq!(new_code(random).len(), DIGITS);
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let claim =
            |email: &str, code: &str| pb::SignInWithCodeRequest { email: email.into(), code: code.into(), ..Default::default() };
        for code in ["", "1234567", "123456789", "1234567a", "１２３４５６７８", &"1".repeat(1 << 20)] {
            let Err(Error::Invalid(problems)) = Claim::parse(&claim("a b", code)) else { panic!("accepted {code}") };
            assert_eq!(problems.iter().map(|(field, _)| field).collect::<Vec<_>>(), ["email", "code"]);
        }
        let Ok(read) = Claim::parse(&claim(" Ada@Example.com ", " 1234 5678\n")) else { panic!("refused") };
        assert_eq!((read.email.as_str(), read.code.as_str()), ("ada@example.com", "12345678"));
    }
}
