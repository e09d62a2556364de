//! What stands for one record only, as hashes: rows whose keys come twice are found without keeping the keys themselves. 200,000 rows
//! stay small, and a false alarm needs a collision of 64 bits.

use std::{
    hash::{BuildHasher, RandomState},
    num::NonZeroU64,
};

use super::Key;

/// A key and its value.
pub type Hash = NonZeroU64;

/// The keys of a row: a customer's external id in any case, and the chosen one; none for an empty cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keys([Option<Hash>; 2]);

impl Keys {
    pub const fn new(always: Option<Hash>, chosen: Option<Hash>) -> Self {
        Self([always, chosen])
    }

    /// With the place of each, which says which key it is.
    pub fn by_place(self) -> impl Iterator<Item = (usize, Hash)> {
        self.0.into_iter().enumerate().filter_map(|(place, hash)| Some((place, hash?)))
    }

    pub fn hashes(self) -> impl Iterator<Item = Hash> {
        self.0.into_iter().flatten()
    }
}

/// Hashes keys. Those of one hasher and its clones can be compared, and nobody can foresee them.
#[derive(Clone, Debug, Default)]
pub struct Hasher(RandomState);

impl Hasher {
    pub fn hash(&self, key: Key, value: &str) -> Hash {
        NonZeroU64::new(self.0.hash_one((key.field(), value))).unwrap_or(NonZeroU64::MIN)
    }
}
