//! Pages of a list (AIP-158) by keyset: a token names the last row seen, not a number of rows to skip.
//!
//! A token is not a secret and not signed: it only says where to go on, and the rows stay scoped to the
//! caller whatever it says. It is checked all the same, because it comes from outside: it belongs to one
//! list with one filter and order, and its key has the type of the ordered column.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::filter::{Condition, storable};
use super::order::Order;

const DEFAULT_SIZE: u64 = 50;
const MAX_SIZE: u64 = 200;
/// Longer than any token of ours: the longest ordered text is far below it.
const MAX_TOKEN: usize = 8 * 1024;

/// The value of the ordered column in the last row of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Key {
    #[serde(rename = "s")]
    Text(String),
    #[serde(rename = "n")]
    Number(i64),
    #[serde(rename = "t")]
    Time(DateTime<Utc>),
    #[serde(rename = "d")]
    Date(NaiveDate),
    /// The column was NULL there.
    #[serde(rename = "0")]
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    Text,
    Number,
    Time,
    /// Rows without a date come last in both directions.
    DateOrNone,
}

/// Where the next page begins: after this row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageToken {
    #[serde(rename = "f")]
    pub fingerprint: u64,
    #[serde(rename = "k")]
    pub last_key: Key,
    #[serde(rename = "i")]
    pub last_id: Uuid,
}

/// 50 when unset, at most 200. More is not an error (AIP-158), a negative number is.
pub fn size(requested: i32) -> Result<u64, String> {
    match u64::try_from(requested) {
        Ok(0) => Ok(DEFAULT_SIZE),
        Ok(size) => Ok(size.min(MAX_SIZE)),
        Err(_) => Err("A page has at least one row.".into()),
    }
}

/// The same for the same list, conditions and order, also on another server or after an update.
pub fn fingerprint(list: &str, conditions: &[Condition], order: Order) -> u64 {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    };
    part(list);
    part(order.field);
    part(if order.descending { "desc" } else { "asc" });
    for condition in conditions {
        part(&condition.field);
        part(&condition.op.to_string());
        part(&condition.value.to_string());
    }
    hash.finalize().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

impl PageToken {
    pub fn encode(&self) -> String {
        // Serialising plain data to memory has no way to fail.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// None for the empty text, which asks for the first page.
    pub fn decode(text: &str, fingerprint: u64, kind: KeyKind) -> Result<Option<Self>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        let token = read(text).ok_or("This is not a page token of this list. Ask for the first page again.")?;
        if token.fingerprint != fingerprint || !token.last_key.fits(kind) {
            return Err("This page token belongs to another filter or order. Ask for the first page again.".into());
        }
        Ok(Some(token))
    }
}

fn read(text: &str) -> Option<PageToken> {
    if text.len() > MAX_TOKEN {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let token: PageToken = serde_json::from_slice(&bytes).ok()?;
    token.last_key.is_storable().then_some(token)
}

impl Key {
    fn fits(&self, kind: KeyKind) -> bool {
        matches!(
            (self, kind),
            (Self::Text(_), KeyKind::Text)
                | (Self::Number(_), KeyKind::Number)
                | (Self::Time(_), KeyKind::Time)
                | (Self::Date(_) | Self::None, KeyKind::DateOrNone)
        )
    }

    /// Whether the database takes this value at all; if not, it never came from a row.
    fn is_storable(&self) -> bool {
        match self {
            Self::Text(text) => !text.contains('\0'),
            Self::Time(time) => storable(time.year()),
            Self::Date(date) => storable(date.year()),
            Self::Number(_) | Self::None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::filter::{Op, Value};
    use super::super::order::OrderField;
    use super::*;

    const BY_NAME: Order = OrderField::new("name", KeyKind::Text).ascending();

    fn token(key: Key) -> PageToken {
        PageToken { fingerprint: u64::MAX, last_key: key, last_id: Uuid::from_u128(7) }
    }

    #[test]
    fn page_sizes_are_bounded() {
        assert_eq!(size(0), Ok(50));
        assert_eq!(size(1), Ok(1));
        assert_eq!(size(200), Ok(200));
        assert_eq!(size(i32::MAX), Ok(200));
        assert_eq!(size(-1), Err("A page has at least one row.".into()));
        assert!(size(i32::MIN).is_err());
    }

    #[test]
    fn no_token_is_the_first_page() {
        assert_eq!(PageToken::decode("", 1, KeyKind::Text), Ok(None));
    }

    #[test]
    fn a_token_of_another_list_filter_or_order_is_refused() {
        let with = |value| vec![Condition { field: "city".into(), op: Op::Equal, value }];
        let none = fingerprint("customers", &[], BY_NAME);
        let others = [
            fingerprint("leads", &[], BY_NAME),
            fingerprint("customers", &[], Order { descending: true, ..BY_NAME }),
            fingerprint("customers", &[], Order { field: "city", ..BY_NAME }),
            fingerprint("customers", &with(Value::Text("1".into())), BY_NAME),
            fingerprint("customers", &with(Value::Number(1)), BY_NAME),
            fingerprint("customers", &with(Value::Text("none".into())), BY_NAME),
            fingerprint("customers", &with(Value::None), BY_NAME),
        ];
        let text = PageToken { fingerprint: none, ..token(Key::Text("x".into())) }.encode();
        assert!(PageToken::decode(&text, none, KeyKind::Text).is_ok());
        for (index, other) in others.iter().enumerate() {
            assert!(PageToken::decode(&text, *other, KeyKind::Text).is_err(), "{index}");
            assert!(!others[index + 1..].contains(other), "{index} equals a later one");
        }
    }

    #[test]
    fn a_fingerprint_never_changes_between_versions() {
        let conditions = [Condition { field: "city".into(), op: Op::Equal, value: Value::Text("Köln".into()) }];
        assert_eq!(fingerprint("customers", &conditions, BY_NAME), 16_196_708_557_553_414_132);
    }

    #[test]
    fn a_key_of_another_type_or_out_of_range_is_refused() {
        let number = token(Key::Number(1)).encode();
        for kind in [KeyKind::Text, KeyKind::Time, KeyKind::DateOrNone] {
            assert!(PageToken::decode(&number, u64::MAX, kind).is_err(), "{kind:?}");
        }
        let none = token(Key::None).encode();
        assert!(PageToken::decode(&none, u64::MAX, KeyKind::Time).is_err());
        assert!(PageToken::decode(&none, u64::MAX, KeyKind::DateOrNone).is_ok());

        let nul = token(Key::Text("a\0".into())).encode();
        assert!(PageToken::decode(&nul, u64::MAX, KeyKind::Text).is_err());
        let ancient = token(Key::Time(DateTime::<Utc>::MIN_UTC)).encode();
        assert!(PageToken::decode(&ancient, u64::MAX, KeyKind::Time).is_err());
        let far = token(Key::Date(NaiveDate::MAX)).encode();
        assert!(PageToken::decode(&far, u64::MAX, KeyKind::DateOrNone).is_err());
        let long = token(Key::Text("x".repeat(MAX_TOKEN))).encode();
        assert!(PageToken::decode(&long, u64::MAX, KeyKind::Text).is_err());
    }

    fn keys() -> impl Strategy<Value = (Key, KeyKind)> {
        let micros = -62_135_596_800_000_000_i64..253_402_300_800_000_000;
        let days = 1..3_652_000;
        prop_oneof![
            "[^\0]{0,80}".prop_map(|text| (Key::Text(text), KeyKind::Text)),
            any::<i64>().prop_map(|number| (Key::Number(number), KeyKind::Number)),
            micros.prop_map(|m| (Key::Time(DateTime::from_timestamp_micros(m).unwrap()), KeyKind::Time)),
            days.prop_map(|d| { (Key::Date(NaiveDate::from_num_days_from_ce_opt(d).unwrap()), KeyKind::DateOrNone,) }),
            Just((Key::None, KeyKind::DateOrNone)),
        ]
    }

    proptest! {
        #[test]
        fn each_token_comes_back((last_key, kind) in keys(), fingerprint: u64, id: u128) {
            let token = PageToken { fingerprint, last_key, last_id: Uuid::from_u128(id) };
            let back = PageToken::decode(&token.encode(), fingerprint, kind).unwrap();
            prop_assert_eq!(back, Some(token));
        }

        #[test]
        fn garbage_is_refused_without_a_panic(text: String, json in "\\{.{0,60}\\}", bytes: Vec<u8>) {
            for text in [text, URL_SAFE_NO_PAD.encode(json), URL_SAFE_NO_PAD.encode(bytes)] {
                if !text.is_empty() {
                    prop_assert!(PageToken::decode(&text, 0, KeyKind::Text).is_err());
                }
            }
        }

        #[test]
        fn damaged_tokens_are_read_or_refused_without_a_panic(at: usize, byte: u8, (key, kind) in keys()) {
            let mut text = token(key).encode().into_bytes();
            let at = at % text.len();
            text[at] = byte;
            let _ = PageToken::decode(&String::from_utf8_lossy(&text), u64::MAX, kind);
        }
    }
}
