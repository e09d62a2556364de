//! Data keys: one org's keys, kept in the database only as a master key wrapped them.

use std::fmt;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::master::MasterKeys;
use super::{CryptoError, Secret, bind, open, seal};
use crate::ids::random_bytes;

const WRAP_VERSION: u8 = 1;

/// A key that encrypts fields of one org. Its number is part of each ciphertext it makes.
pub struct DataKey {
    id: u32,
    secret: Secret,
}

/// A data key as the `data_keys` table keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// The data key's number within its org.
    pub id: u32,
    /// Which master key is needed to unwrap it.
    pub master_id: String,
    /// Version byte, nonce, ciphertext and tag.
    pub bytes: Vec<u8>,
}

impl DataKey {
    /// A new random key; `id` is its number within the org, ascending from 1.
    pub fn generate(id: u32) -> Self {
        Self { id, secret: Zeroizing::new(random_bytes()) }
    }

    /// Its number within the org, from 1.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Wraps with the current master key. The platform's own keys have the nil org.
    pub fn wrap(&self, org: Uuid, masters: &MasterKeys) -> WrappedKey {
        let master = masters.current();
        let sealed = seal(&master.secret, &wrap_aad(org, self.id, &master.id), &*self.secret);
        WrappedKey { id: self.id, master_id: master.id.clone(), bytes: [&[WRAP_VERSION], &*sealed].concat() }
    }

    /// Fails with [`CryptoError::UnknownMasterKey`] where the master key is missing, and where org, number or bytes are not those that were wrapped.
    pub fn unwrap(org: Uuid, wrapped: &WrappedKey, masters: &MasterKeys) -> Result<Self, CryptoError> {
        let master = masters.find(&wrapped.master_id).ok_or(CryptoError::UnknownMasterKey)?;
        let Some((&WRAP_VERSION, sealed)) = wrapped.bytes.split_first() else {
            return Err(CryptoError::Malformed);
        };
        let opened = open(&master.secret, &wrap_aad(org, wrapped.id, &master.id), sealed)?;
        let secret = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| CryptoError::Malformed)?;
        Ok(Self { id: wrapped.id, secret: Zeroizing::new(secret) })
    }

    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey").field("id", &self.id).finish_non_exhaustive()
    }
}

fn wrap_aad(org: Uuid, key_id: u32, master_id: &str) -> Vec<u8> {
    bind(&[b"streamflow data key", &[WRAP_VERSION], org.as_bytes(), &key_id.to_be_bytes(), master_id.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masters(ids: &[&str]) -> MasterKeys {
        let text = ids.iter().map(|id| format!("{id}:{}", master_text(id))).collect::<Vec<_>>();
        MasterKeys::parse(&text.join(",")).unwrap()
    }

    fn master_text(id: &str) -> String {
        use base64::Engine as _;
        let mut bytes = [7_u8; 32];
        bytes[..id.len()].copy_from_slice(id.as_bytes());
        base64::engine::general_purpose::STANDARD.encode(bytes)
    }

    #[test]
    fn a_wrapped_key_comes_back_only_for_its_org_number_and_master() {
        let org = Uuid::from_u128(1);
        let both = masters(&["a", "b"]);
        let key = DataKey::generate(1);
        let wrapped = key.wrap(org, &both);
        assert_eq!((wrapped.id, wrapped.master_id.as_str()), (1, "a"));

        let back = DataKey::unwrap(org, &wrapped, &both).unwrap();
        assert_eq!((*back.secret, back.id), (*key.secret, 1));

        let refused = |org, wrapped: &WrappedKey, masters| DataKey::unwrap(org, wrapped, masters).unwrap_err();
        assert_eq!(refused(Uuid::from_u128(2), &wrapped, &both), CryptoError::Refused);
        let renumbered = WrappedKey { id: 2, ..wrapped.clone() };
        assert_eq!(refused(org, &renumbered, &both), CryptoError::Refused);
        let relabelled = WrappedKey { master_id: "b".into(), ..wrapped.clone() };
        assert_eq!(refused(org, &relabelled, &both), CryptoError::Refused);
        assert_eq!(refused(org, &wrapped, &masters(&["b"])), CryptoError::UnknownMasterKey);
    }

    #[test]
    fn any_flipped_bit_and_any_cut_of_a_wrapped_key_is_refused() {
        let org = Uuid::from_u128(1);
        let masters = masters(&["a"]);
        let wrapped = DataKey::generate(1).wrap(org, &masters);
        for bit in 0..wrapped.bytes.len() * 8 {
            let mut flipped = wrapped.clone();
            flipped.bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(DataKey::unwrap(org, &flipped, &masters).is_err(), "bit {bit}");
        }
        for length in 0..wrapped.bytes.len() {
            let cut = WrappedKey { bytes: wrapped.bytes[..length].to_vec(), ..wrapped.clone() };
            assert!(DataKey::unwrap(org, &cut, &masters).is_err(), "length {length}");
        }
    }

    #[test]
    fn a_new_master_key_takes_over_without_changing_the_data_key() {
        let org = Uuid::from_u128(1);
        let key = DataKey::generate(1);
        let old = key.wrap(org, &masters(&["a"]));
        let new = DataKey::unwrap(org, &old, &masters(&["b", "a"])).unwrap().wrap(org, &masters(&["b", "a"]));
        assert_eq!(new.master_id, "b");
        let back = DataKey::unwrap(org, &new, &masters(&["b"])).unwrap();
        assert_eq!(*back.secret, *key.secret);
    }

    #[test]
    fn keys_do_not_show_themselves_in_logs() {
        let key = DataKey::generate(9);
        assert_eq!(format!("{key:?}"), "DataKey { id: 9, .. }");
    }
}
