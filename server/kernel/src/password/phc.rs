//! Stored hashes as PHC strings, and what is believed of them before they are used.
//!
//! A hash says what checking it costs. One that came from outside (the environment, an import, a damaged
//! row) must not make the server allocate gigabytes, nor pass for a password it is not.

use argon2::password_hash::phc::PasswordHash;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::Params;
use crate::ids::random_bytes;

/// The most this server pays for one check.
const CEILING: Params = Params { m_kib: 512 * 1024, t: 16, p: 8 };
const MIN_SALT: usize = 8;
const MIN_OUTPUT: usize = 16;
const VERSION: u32 = 19;

/// Whether a text means to be a hash, right or wrong; anything else in a setting that holds a hash is a
/// password in plain text.
pub fn is_phc(text: &str) -> bool {
    text.starts_with("$argon2") && PasswordHash::new(text).is_ok()
}

/// Accepts argon2id of at least `floor` and of a bearable cost. The error is a sentence for the log; it does
/// not repeat the hash.
pub fn check_phc(text: &str, floor: Params) -> Result<(), String> {
    let cost = cost(text)?;
    if cost.below(floor) {
        let Params { m_kib, t, p } = floor;
        return Err(format!(
            "The hash is too weak: m={}, t={}, p={} where at least m={m_kib}, t={t}, p={p} is needed.",
            cost.m_kib, cost.t, cost.p
        ));
    }
    Ok(())
}

/// The cost of a whole argon2id hash, if it is bearable.
pub(crate) fn cost(text: &str) -> Result<Params, String> {
    let hash = PasswordHash::new(text).map_err(|_| "This is not a hash in PHC form.")?;
    if hash.algorithm.as_str() != "argon2id" || hash.version != Some(VERSION) {
        return Err("The hash is not argon2id, version 19.".into());
    }
    let salt = hash.salt.as_ref().map_or(0, |salt| salt.len());
    let output = hash.hash.as_ref().map_or(0, argon2::password_hash::phc::Output::len);
    if salt < MIN_SALT || output < MIN_OUTPUT {
        return Err("The hash has no salt or no output, or short ones.".into());
    }
    let params = argon2::Params::try_from(&hash).map_err(|_| "The cost of the hash can't be read.")?;
    let cost = Params { m_kib: params.m_cost(), t: params.t_cost(), p: params.p_cost() };
    if cost.m_kib > CEILING.m_kib || cost.t > CEILING.t || cost.p > CEILING.p {
        return Err("Checking the hash would cost more than this server pays (512 MiB, 16 passes, 8 lanes).".into());
    }
    Ok(cost)
}

/// A hash of this cost that no password has been found for, and none can be.
pub(super) fn unmatchable(params: Params) -> String {
    let Params { m_kib, t, p } = params;
    let salt = STANDARD_NO_PAD.encode(random_bytes::<16>());
    let output = STANDARD_NO_PAD.encode(random_bytes::<32>());
    format!("$argon2id$v={VERSION}$m={m_kib},t={t},p={p}${salt}${output}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SALT: &str = "c2FsdHNhbHRzYWx0c2FsdA";
    const OUTPUT: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn phc(head: &str) -> String {
        format!("{head}${SALT}${OUTPUT}")
    }

    #[test]
    fn hashes_at_or_above_the_floor_are_accepted() {
        assert_eq!(check_phc(&unmatchable(Params::FLOOR), Params::FLOOR), Ok(()));
        assert_eq!(check_phc(&unmatchable(Params::BREAK_GLASS), Params::FLOOR), Ok(()));
        assert_eq!(check_phc(&unmatchable(CEILING), Params::BREAK_GLASS), Ok(()));
        assert_ne!(unmatchable(Params::FLOOR), unmatchable(Params::FLOOR));
    }

    #[test]
    fn weak_and_hostile_hashes_are_refused() {
        let weak = check_phc(&unmatchable(Params::FLOOR), Params::BREAK_GLASS).unwrap_err();
        assert_eq!(weak, "The hash is too weak: m=19456, t=2, p=1 where at least m=65536, t=3, p=1 is needed.");
        let refused = [
            phc("$argon2id$v=19$m=19455,t=2,p=1"),
            phc("$argon2id$v=19$m=19456,t=1,p=1"),
            phc("$argon2id$v=19$m=524289,t=2,p=1"),
            phc("$argon2id$v=19$m=4294967295,t=2,p=1"),
            phc("$argon2id$v=19$m=19456,t=17,p=1"),
            phc("$argon2id$v=19$m=19456,t=4294967295,p=1"),
            phc("$argon2id$v=19$m=19456,t=2,p=9"),
            phc("$argon2id$v=19$m=19456,t=2,p=16777215"),
            phc("$argon2id$v=19$m=99999999999,t=2,p=1"),
            phc("$argon2id$v=16$m=19456,t=2,p=1"),
            phc("$argon2id$m=19456,t=2,p=1"),
            phc("$argon2i$v=19$m=19456,t=2,p=1"),
            phc("$argon2d$v=19$m=19456,t=2,p=1"),
            phc("$scrypt$ln=15,r=8,p=1"),
            format!("$argon2id$v=19$m=19456,t=2,p=1${SALT}"),
            "$argon2id$v=19$m=19456,t=2,p=1".into(),
            format!("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA${OUTPUT}"),
            format!("$argon2id$v=19$m=19456,t=2,p=1${SALT}$AAAAAAAAAAAAAAAA"),
            format!("{}$x", phc("$argon2id$v=19$m=19456,t=2,p=1")),
            "hunter2hunter2".into(),
            String::new(),
        ];
        for text in refused {
            assert!(check_phc(&text, Params::FLOOR).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_in_plain_text_is_not_taken_for_a_hash() {
        assert!(is_phc(&unmatchable(Params::FLOOR)));
        assert!(is_phc(&phc("$argon2id$v=19$m=8,t=1,p=1")), "weak, but a hash");
        for text in ["", "correct horse", "$argon2id", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv", " $argon2id$v=19$x"] {
            let hash = is_phc(text) && check_phc(text, Params::FLOOR).is_ok();
            assert!(!hash, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_a_panic(text: String, head in "\\$argon2id\\$v=[0-9]{0,3}\\$[mtp=,0-9]{0,30}") {
            let _ = (is_phc(&text), check_phc(&text, Params::FLOOR));
            let _ = (is_phc(&head), check_phc(&phc(&head), Params::FLOOR));
        }
    }
}
