//! CBOR (RFC 8949) as authenticators write it: shallow maps of a few entries.

use ciborium::Value;

use super::Flaw;

/// Nesting of what is read at all; a COSE key has one level, an attestation two.
const DEPTH: usize = 8;

/// The item that `bytes` begin with, and how many of them it takes.
pub fn item(bytes: &[u8], flaw: Flaw) -> Result<(Value, usize), Flaw> {
    let mut rest = bytes;
    let value = ciborium::de::from_reader_with_recursion_limit(&mut rest, DEPTH).map_err(|_| flaw)?;
    Ok((value, bytes.len() - rest.len()))
}

/// A map that takes all of `bytes`.
pub fn map(bytes: &[u8], flaw: Flaw) -> Result<Map, Flaw> {
    let (value, taken) = item(bytes, flaw)?;
    match value {
        Value::Map(entries) if taken == bytes.len() => Ok(Map(entries)),
        _ => Err(flaw),
    }
}

pub struct Map(Vec<(Value, Value)>);

impl Map {
    pub fn of(value: &Value) -> Option<Self> {
        value.as_map().cloned().map(Self)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The value of a key that occurs once; readers differ in which of two they take.
    pub fn get(&self, key: impl Into<Value>) -> Option<&Value> {
        let key = key.into();
        let mut found = self.0.iter().filter(|(name, _)| *name == key);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    }

    pub fn int(&self, key: impl Into<Value>) -> Option<i64> {
        self.get(key)?.as_integer()?.try_into().ok()
    }

    pub fn bytes(&self, key: impl Into<Value>) -> Option<&[u8]> {
        self.get(key)?.as_bytes().map(Vec::as_slice)
    }

    pub fn text(&self, key: impl Into<Value>) -> Option<&str> {
        self.get(key)?.as_text()
    }
}
