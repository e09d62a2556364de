//! Ids as the wire writes them, and where new ones come from.
//!
//! An id is a UUIDv7 (RFC 9562) inside and in the database; outside it is its noun's prefix and 32
//! lower-case hex digits, so that an id pasted into the wrong place is refused by its look alone.

use std::sync::Arc;

use parking_lot::Mutex;
use rand::Rng as _;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use uuid::{ContextV7, Timestamp, Uuid, fmt::Simple};

use crate::clock::Clock;

/// The prefixes of the wire, one per noun.
pub mod prefix {
    pub const USER: &str = "usr_";
    pub const ORG: &str = "org_";
    pub const SESSION: &str = "ses_";
    pub const CUSTOMER: &str = "cus_";
    pub const CONTACT: &str = "con_";
    pub const LEAD: &str = "led_";
    pub const STAGE: &str = "stg_";
    pub const TEAM: &str = "tea_";
    pub const INVITATION: &str = "inv_";
    pub const TASK: &str = "tsk_";
    pub const IMPORT: &str = "imp_";
    pub const VIEW: &str = "viw_";
    pub const EVENT: &str = "evt_";
    pub const FIELD: &str = "fld_";
    pub const AUDIT: &str = "aud_";
    pub const JOB: &str = "job_";
    pub const NOTIFICATION: &str = "ntf_";
    pub const MERGE: &str = "mrg_";
    pub const ANOMALY: &str = "ano_";
    pub const RULE: &str = "rul_";
    pub const ELEVATION: &str = "elv_";
    pub const SUPPORT_SESSION: &str = "sup_";
    pub const EXPORT: &str = "exp_";
    pub const REGISTRATION: &str = "reg_";
    pub const ATTACHMENT: &str = "att_";
    pub const PASSKEY: &str = "psk_";
}

/// `usr_` and 32 hex digits.
pub fn format(prefix: &str, id: Uuid) -> String {
    let mut digits = [0; Simple::LENGTH];
    let mut text = String::with_capacity(prefix.len() + digits.len());
    text.push_str(prefix);
    text.push_str(id.simple().encode_lower(&mut digits));
    text
}

/// As [`format()`], where no id is the empty string (proto3 has no absent string).
pub fn format_option(prefix: &str, id: Option<Uuid>) -> String {
    id.map(|id| format(prefix, id)).unwrap_or_default()
}

/// Reads exactly what [`format()`] writes. Other spellings of the same UUID (upper case, hyphens, braces)
/// are refused: one id has one text, which caches, filters and logs may rely on.
pub fn parse(prefix: &str, text: &str) -> Option<Uuid> {
    let hex = text.strip_prefix(prefix)?;
    let exact = hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if exact { Uuid::try_parse_ascii(hex.as_bytes()).ok() } else { None }
}

/// Source of new ids and secret tokens.
pub trait Ids: Send + Sync {
    /// A UUIDv7 of the clock's present time; ascending within one source.
    fn uuid(&self) -> Uuid;

    /// 256 random bits, for session tokens and links.
    fn token(&self) -> [u8; 32];
}

/// Ids from a clock and the operating system's randomness.
pub struct SystemIds {
    clock: Arc<dyn Clock>,
    /// Keeps ids of the same millisecond in order, which imports rely on for stable paging.
    sequence: Mutex<ContextV7>,
}

impl SystemIds {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, sequence: Mutex::new(ContextV7::new()) }
    }
}

impl Ids for SystemIds {
    fn uuid(&self) -> Uuid {
        let now = self.clock.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        let sequence = self.sequence.lock();
        Uuid::new_v7(Timestamp::from_unix(&*sequence, seconds, now.timestamp_subsec_nanos()))
    }

    fn token(&self) -> [u8; 32] {
        random_bytes()
    }
}

/// Bytes from the operating system. A machine without randomness cannot make keys or sessions, so that
/// failure is a panic, not a weaker secret.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    UnwrapErr(SysRng).fill_bytes(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::FixedClock;

    #[test]
    fn only_the_exact_text_of_an_id_is_read() {
        let id = Uuid::from_u128(0x0199_0f00_0000_7000_8000_0000_0000_00ab);
        let text = format(prefix::USER, id);
        assert_eq!(text, "usr_01990f00000070008000000000 0000ab".replace(' ', ""));
        assert_eq!(parse(prefix::USER, &text), Some(id));

        let hex = &text[4..];
        let hyphens = format!("usr_{}", id.hyphenated());
        let wrong = [
            String::new(),
            "usr_".into(),
            hex.into(),
            format!("org_{hex}"),
            format!("USR_{hex}"),
            format!("usr_{}", hex.to_uppercase()),
            format!("usr_{}", &hex[1..]),
            format!("usr_{hex}0"),
            format!(" usr_{hex}"),
            format!("usr_{hex} "),
            format!("usr_usr_{}", &hex[4..]),
            format!("usr_{}é", &hex[2..]),
            hyphens,
        ];
        for text in wrong {
            assert_eq!(parse(prefix::USER, &text), None, "{text:?}");
        }
    }

    #[test]
    fn no_id_is_the_empty_string() {
        assert_eq!(format_option(prefix::TEAM, None), "");
        assert_eq!(format_option(prefix::TEAM, Some(Uuid::nil())), "tea_00000000000000000000000000000000");
    }

    #[test]
    fn new_ids_carry_the_clocks_time_and_ascend_within_a_millisecond() {
        let clock = Arc::new(FixedClock::default());
        let ids = SystemIds::new(clock.clone());
        let made: Vec<Uuid> = (0..1_000).map(|_| ids.uuid()).collect();
        assert!(made.is_sorted_by(|a, b| a < b));
        for id in &made {
            assert_eq!(id.get_version_num(), 7);
            let (seconds, _) = id.get_timestamp().unwrap().to_unix();
            assert_eq!(i64::try_from(seconds).unwrap(), clock.now().timestamp());
        }
    }

    #[test]
    fn tokens_differ() {
        let ids = SystemIds::new(Arc::new(FixedClock::default()));
        assert_ne!(ids.token(), ids.token());
    }

    proptest! {
        #[test]
        fn each_id_survives_its_text(bits: u128) {
            let id = Uuid::from_u128(bits);
            prop_assert_eq!(parse(prefix::LEAD, &format(prefix::LEAD, id)), Some(id));
        }

        #[test]
        fn any_text_is_refused_or_is_the_ids_own(text in "(led_)?[0-9a-fA-F-]{0,40}|.{0,60}") {
            if let Some(id) = parse(prefix::LEAD, &text) {
                prop_assert_eq!(format(prefix::LEAD, id), text);
            }
        }
    }
}
