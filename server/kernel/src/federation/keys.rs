//! Keys by directed pair of systems, `caller>audience`, current first. Each direction has keys of its own, so that who can check a
//! call can't make one the other way round.
//!
//! As text: a JSON object of lists of `id:base64` with 32 bytes each.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, NaiveDateTime, Utc};
use zeroize::Zeroizing;

use super::{NAMES, known};
use crate::{crypto::Secret, ids::random_bytes};

/// The current one, and the one before it for calls that are under way.
const LIVE: usize = 2;
/// What the id of a key made by us begins with: when it was made.
const MADE: &str = "k%Y%m%dT%H%M%SZ";

/// One shared secret.
pub struct Key {
    pub id: String,
    pub(super) secret: Secret,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.id).finish()
    }
}

/// None of the messages holds key material.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error("the federation keys are not a JSON object of lists of texts: {0}")]
    Form(String),
    #[error("\"{0}\" is no pair of two systems like client>provider")]
    Pair(String),
    #[error("{pair}: key {position} is not written as id:base64 of 32 bytes, with an id of letters, digits and '-'")]
    Key { pair: String, position: usize },
    #[error("{0}: there are 1 to 2 keys, each with an id of its own")]
    Count(String),
}

/// All keys of some pairs.
#[derive(Clone, Debug, Default)]
pub struct Keys(BTreeMap<String, Vec<Arc<Key>>>);

impl Keys {
    /// New keys for every pair there is.
    pub fn generate(now: DateTime<Utc>) -> Self {
        let pairs = NAMES.iter().flat_map(|from| NAMES.iter().map(move |to| (from, to))).filter(|(from, to)| from != to);
        Self(pairs.map(|(from, to)| (pair(from, to), vec![Arc::new(Key::generate(now))])).collect())
    }

    /// Reads the text form: at most two keys a pair, of 32 bytes each. Fails with what is wrong and where, and never repeats a key.
    pub fn parse(text: &str) -> Result<Self, KeysError> {
        let pairs: BTreeMap<String, Vec<Zeroizing<String>>> = serde_json::from_str::<BTreeMap<String, Vec<String>>>(text)
            .map_err(|error| KeysError::Form(format!("line {}, column {}", error.line(), error.column())))?
            .into_iter()
            .map(|(pair, keys)| (pair, keys.into_iter().map(Zeroizing::new).collect()))
            .collect();
        let mut parsed = BTreeMap::new();
        for (pair, texts) in pairs {
            if !is_pair(&pair) {
                return Err(KeysError::Pair(pair));
            }
            let mut keys = Vec::new();
            for (index, text) in texts.iter().enumerate() {
                let key = Key::parse(text).ok_or_else(|| KeysError::Key { pair: pair.clone(), position: index + 1 })?;
                keys.push(Arc::new(key));
            }
            let ids: HashSet<&str> = keys.iter().map(|key| key.id.as_str()).collect();
            if !(1..=LIVE).contains(&keys.len()) || ids.len() != keys.len() {
                return Err(KeysError::Count(pair));
            }
            parsed.insert(pair, keys);
        }
        Ok(Self(parsed))
    }

    /// What [`parse`](Self::parse) reads.
    pub fn to_text(&self) -> Zeroizing<String> {
        let texts: BTreeMap<&str, Vec<String>> =
            self.0.iter().map(|(pair, keys)| (pair.as_str(), keys.iter().map(|key| key.text()).collect())).collect();
        Zeroizing::new(serde_json::to_string_pretty(&texts).expect("texts are JSON") + "\n")
    }

    /// Puts a new key before the current one of `only`, or of every pair; what is older than the one it replaces goes. Returns the
    /// pairs that have a new key.
    pub fn rotate(&mut self, only: Option<&str>, now: DateTime<Utc>) -> Vec<String> {
        let mut rotated = Vec::new();
        for (pair, keys) in self.0.iter_mut().filter(|(pair, _)| only.is_none_or(|only| only == *pair)) {
            keys.insert(0, Arc::new(Key::generate(now)));
            keys.truncate(LIVE);
            rotated.push(pair.clone());
        }
        rotated
    }

    /// The pairs that any of `systems` belongs to.
    pub fn of_systems(&self, systems: &[&str]) -> Self {
        let takes_part = |pair: &str| pair.split('>').any(|name| systems.contains(&name));
        Self(self.0.iter().filter(|(pair, _)| takes_part(pair)).map(|(pair, keys)| (pair.clone(), keys.clone())).collect())
    }

    /// Keys of calls from one system to another, current first.
    pub fn of(&self, from: &str, to: &str) -> &[Arc<Key>] {
        self.0.get(&pair(from, to)).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Key {
    fn generate(now: DateTime<Utc>) -> Self {
        let random: [u8; 4] = random_bytes();
        Self { id: format!("{}-{:08x}", now.format(MADE), u32::from_be_bytes(random)), secret: Zeroizing::new(random_bytes()) }
    }

    fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.split_once(':')?;
        let is_plain = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let bytes = Zeroizing::new(STANDARD.decode(secret).ok()?);
        let secret = <[u8; 32]>::try_from(bytes.as_slice()).ok()?;
        is_plain.then(|| Self { id: id.to_owned(), secret: Zeroizing::new(secret) })
    }

    fn text(&self) -> String {
        format!("{}:{}", self.id, STANDARD.encode(*self.secret))
    }

    /// For whoever signs by hand.
    pub const fn secret(&self) -> &Zeroizing<[u8; 32]> {
        &self.secret
    }

    /// When the key was made, if its id says so.
    pub fn created_at(&self) -> Option<DateTime<Utc>> {
        let (made, _) = self.id.split_once('-')?;
        NaiveDateTime::parse_from_str(made, MADE).ok().map(|at| at.and_utc())
    }
}

fn pair(from: &str, to: &str) -> String {
    format!("{from}>{to}")
}

fn is_pair(text: &str) -> bool {
    text.split_once('>').is_some_and(|(from, to)| from != to && known(from).is_some() && known(to).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_764_181_200, 0).unwrap()
    }

    #[test]
    fn text_gives_the_same_keys_again() {
        let keys = Keys::generate(now());
        assert_eq!(keys.0.len(), 12);
        let again = Keys::parse(&keys.to_text()).unwrap();
        assert_eq!(again.to_text(), keys.to_text());
        let key = &again.of("client", "dev")[0];
        assert_eq!(key.created_at(), Some(now()));
        assert_ne!(key.secret, again.of("dev", "client")[0].secret);
    }

    #[test]
    fn two_keys_live_during_a_rotation() {
        let mut keys = Keys::generate(now());
        let first = keys.of("client", "dev")[0].id.clone();
        assert_eq!(keys.rotate(Some("client>dev"), now()), ["client>dev"]);
        let second = keys.of("client", "dev")[0].id.clone();
        assert_eq!(keys.of("client", "dev").iter().map(|key| &key.id).collect::<Vec<_>>(), [&second, &first]);
        assert_eq!(keys.of("dev", "client").len(), 1);
        assert_eq!(keys.rotate(None, now()).len(), 12);
        assert!(keys.of("client", "dev").iter().all(|key| key.id != first));
        assert!(keys.rotate(Some("client>client"), now()).is_empty());
    }

    #[test]
    fn a_process_gets_the_pairs_of_its_systems() {
        let keys = Keys::generate(now()).of_systems(&["dev"]);
        assert_eq!(keys.0.len(), 6);
        assert!(keys.of("client", "accountant").is_empty());
    }

    #[test]
    fn what_is_wrong_is_named_without_the_secret() {
        let secret = STANDARD.encode([1; 32]);
        for (text, says) in [
            ("[]".to_owned(), "JSON object"),
            (format!(r#"{{"client>nobody": ["k:{secret}"]}}"#), "client>nobody"),
            (format!(r#"{{"client>client": ["k:{secret}"]}}"#), "client>client"),
            (r#"{"client>dev": ["k:short"]}"#.to_owned(), "key 1"),
            (r#"{"client>dev": []}"#.to_owned(), "1 to 2 keys"),
            (format!(r#"{{"client>dev": ["k:{secret}", "k:{secret}"]}}"#), "id of its own"),
        ] {
            let error = Keys::parse(&text).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains(&secret), "{error}");
        }
    }
}
