//! The second factor: time-based codes (RFC 6238) and the recovery codes for a lost phone.
//!
//! 160-bit secrets, SHA-1, six digits, 30 seconds: what each authenticator app knows. A code is good in its
//! own step and the next one. Nothing here remembers: the caller stores the matched step and accepts a
//! higher one only, so that each code works once; and it deletes a recovery code as it is used.

use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use qrcode::{Color, EcLevel, QrCode};
use sha2::{Digest as _, Sha256};
use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};
use totp_rs::{Algorithm, Builder, Totp};

use crate::ids::random_bytes;

const STEP_SECONDS: u64 = 30;
const DIGITS: u8 = 6;
const RECOVERY_CODES: usize = 10;

pub fn generate_secret() -> [u8; 20] {
    random_bytes()
}

/// The secret as people type it: base32 without padding (RFC 4648).
pub fn to_base32(secret: &[u8]) -> String {
    BASE32_NOPAD.encode(secret)
}

/// Reads base32 as people write it: in either case, with spaces, hyphens or padding.
pub fn from_base32(text: &str) -> Option<Vec<u8>> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '=')).collect();
    BASE32_NOPAD.decode(plain.to_ascii_uppercase().as_bytes()).ok().filter(|secret| !secret.is_empty())
}

/// The address an authenticator app reads. Colons divide its label, so they become spaces in the names.
pub fn otpauth_uri(secret: &[u8], issuer: &str, account: &str) -> Option<String> {
    totp(secret, &issuer.replace(':', " "), &account.replace(':', " "))?.to_url().ok()
}

/// A QR code as `size` × `size` modules, row by row, 1 for dark; without the quiet zone of four modules the
/// page has to leave around it. None when the text is too long for any QR code.
pub fn qr_modules(text: &str) -> Option<(usize, Vec<u8>)> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let size = code.width();
    Some((size, code.into_colors().into_iter().map(|color| u8::from(color == Color::Dark)).collect()))
}

/// The code of one moment; None when the secret is shorter than the 128 bits RFC 4226 demands.
pub fn code_at(secret: &[u8], time: DateTime<Utc>) -> Option<String> {
    let seconds = u64::try_from(time.timestamp()).ok()?;
    Some(totp(secret, "", "")?.generate(seconds).to_string())
}

/// The step (of 30 s since 1970) whose code this is: the present or the previous one. A step ahead, which
/// RFC 6238 allows for clocks that differ, is not accepted. Takes the same time for right and wrong codes.
pub fn matching_step(secret: &[u8], code: &str, now: DateTime<Utc>) -> Option<i64> {
    let code = code.as_bytes();
    if code.len() != usize::from(DIGITS) || !code.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let totp = totp(secret, "", "")?;
    let present = u64::try_from(now.timestamp()).ok()? / STEP_SECONDS;
    let mut matched = 0_i64;
    for step in [present.saturating_sub(1), present] {
        let expected = totp.generate(step * STEP_SECONDS).to_string();
        let number = i64::try_from(step).ok()?;
        matched.conditional_assign(&number, expected.as_bytes().ct_eq(code));
    }
    (matched > 0).then_some(matched)
}

/// Ten codes of 120 bits, shown to the person once and kept as hashes only.
pub fn generate_recovery_codes() -> Vec<String> {
    (0..RECOVERY_CODES).map(|_| grouped(&BASE32_NOPAD.encode(&random_bytes::<15>()))).collect()
}

/// Of the code however it is typed: case, spaces and hyphens don't count, and the digits that base32 leaves
/// out because they look like letters (0, 1, 8) are read as those. A plain SHA-256 is enough for 120 bits.
pub fn hash_recovery_code(code: &str) -> [u8; 32] {
    let plain: String = code
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| match c.to_ascii_uppercase() {
            '0' => 'O',
            '1' => 'I',
            '8' => 'B',
            other => other,
        })
        .collect();
    Sha256::digest(plain.as_bytes()).into()
}

fn totp(secret: &[u8], issuer: &str, account: &str) -> Option<Totp> {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_step_duration(STEP_SECONDS)
        .with_skew(0)
        .with_secret(secret)
        .with_issuer((!issuer.is_empty()).then_some(issuer))
        .with_account_name(account)
        .build()
        .ok()
}

/// `ABCDE-FGHIJ-…`.
fn grouped(code: &str) -> String {
    let mut text = String::with_capacity(code.len() * 6 / 5);
    for (index, c) in code.chars().enumerate() {
        if index > 0 && index % 6 == 0 {
            text.push('-');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    /// The secret of the test vectors in RFC 6238, appendix B.
    const RFC: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        let vectors = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (seconds, code) in vectors {
            assert_eq!(code_at(RFC, at(seconds)).as_deref(), Some(code));
            assert_eq!(matching_step(RFC, code, at(seconds)), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_is_good_in_its_step_and_the_next_only() {
        let code = code_at(RFC, at(3_000)).unwrap();
        let accepted: Vec<i64> = (2_900..3_200).filter(|&now| matching_step(RFC, &code, at(now)) == Some(100)).collect();
        assert_eq!(accepted, (3_000..3_060).collect::<Vec<_>>());
        assert!((2_900..3_200).all(|now| matches!(matching_step(RFC, &code, at(now)), None | Some(100))));
    }

    #[test]
    fn only_six_ascii_digits_are_a_code() {
        let now = at(59);
        for code in ["", "28708", "2870820", " 287082", "287082 ", "+28708", "28708a", "２８７０８２", "287 082", "28708٢"]
        {
            assert_eq!(matching_step(RFC, code, now), None, "{code:?}");
        }
        assert_eq!(matching_step(b"short", "287082", now), None);
        assert_eq!(code_at(b"short", now), None);
        assert_eq!(matching_step(RFC, "287082", at(-1)), None);
    }

    #[test]
    fn the_address_can_be_read_back() {
        let uri = otpauth_uri(RFC, "StreamFlow: Client", "anna+1@example.com").unwrap();
        let read = Totp::from_url(&uri).unwrap();
        assert_eq!(read.secret().as_bytes(), RFC);
        assert_eq!(read.issuer(), Some("StreamFlow  Client"));
        assert_eq!(read.account_name(), "anna+1@example.com");
        assert_eq!((read.digits(), read.step(), read.algorithm()), (6, 30, Algorithm::SHA1));
    }

    #[test]
    fn the_qr_code_is_a_square_with_its_finders() {
        let uri = otpauth_uri(RFC, "StreamFlow", "anna@example.com").unwrap();
        let (size, modules) = qr_modules(&uri).unwrap();
        assert_eq!(modules.len(), size * size);
        assert!(modules.iter().all(|module| *module <= 1));
        // The top edge of both upper finder patterns: seven dark, one light.
        assert_eq!(modules[..8], [1, 1, 1, 1, 1, 1, 1, 0]);
        assert_eq!(modules[size - 8..size], [0, 1, 1, 1, 1, 1, 1, 1]);
        assert_eq!(qr_modules(&"x".repeat(5_000)), None);
    }

    #[test]
    fn recovery_codes_are_long_different_and_forgiving_to_type() {
        let codes = generate_recovery_codes();
        assert_eq!(codes.len(), 10);
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), 10);
        for code in &codes {
            assert_eq!(code.len(), 27, "{code}");
            assert!(code.split('-').all(|group| group.len() == 6), "{code}");
            let typed = format!(" {} ", code.to_lowercase().replace('-', " "));
            let misread = code.replace('O', "0").replace('I', "1").replace('B', "8");
            assert_eq!(hash_recovery_code(&typed), hash_recovery_code(code));
            assert_eq!(hash_recovery_code(&misread), hash_recovery_code(code));
            assert_ne!(hash_recovery_code(&code[1..]), hash_recovery_code(code));
        }
    }

    #[test]
    fn base32_is_read_as_people_write_it() {
        let text = to_base32(RFC);
        assert_eq!(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let grouped = "gezd gnbv gy3t qojq-gezd gnbv gy3t qojq====";
        assert_eq!(from_base32(grouped).as_deref(), Some(RFC));
        for wrong in ["", "  ", "GEZ1", "GEZDG!", "ü"] {
            assert_eq!(from_base32(wrong), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn any_secret_survives_base32(secret in prop::collection::vec(any::<u8>(), 1..64)) {
            prop_assert_eq!(from_base32(&to_base32(&secret)), Some(secret));
        }

        #[test]
        fn a_present_code_matches_its_step(secret: [u8; 20], seconds in 30_i64..20_000_000_000) {
            let code = code_at(&secret, at(seconds)).unwrap();
            prop_assert_eq!(matching_step(&secret, &code, at(seconds)), Some(seconds / 30));
        }

        #[test]
        fn any_text_is_refused_or_matches_without_a_panic(code: String, text: String) {
            let _ = matching_step(RFC, &code, at(59));
            let _ = from_base32(&text);
            let _ = hash_recovery_code(&text);
            let _ = otpauth_uri(RFC, &code, &text);
        }
    }
}
