//! One encrypted field of one row.
//!
//! Bytes: version 1, data key number (u32, big endian), 12-byte nonce, ciphertext, 16-byte tag. The version
//! lets the algorithm change later; the number lets an org have several keys while one replaces another.

use uuid::Uuid;
use zeroize::Zeroizing;

use super::{CryptoError, DataKey, bind, open, seal};

const VERSION: u8 = 1;

/// The place a ciphertext belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldRef<'a> {
    /// Nil for the platform's own tables.
    pub org: Uuid,
    pub table: &'a str,
    pub column: &'a str,
    pub row: Uuid,
}

impl FieldRef<'_> {
    fn aad(&self, key_id: u32) -> Vec<u8> {
        bind(&[
            b"streamflow field",
            &[VERSION],
            self.org.as_bytes(),
            self.table.as_bytes(),
            self.column.as_bytes(),
            self.row.as_bytes(),
            &key_id.to_be_bytes(),
        ])
    }
}

/// 33 bytes longer than `plaintext`, whose length shows in the length of the result; nothing else does.
pub fn encrypt(key: &DataKey, field: FieldRef<'_>, plaintext: &[u8]) -> Vec<u8> {
    let sealed = seal(key.secret(), &field.aad(key.id()), plaintext);
    [&[VERSION], &key.id().to_be_bytes()[..], &sealed].concat()
}

/// Fails when the bytes have no known form, were made with another key ([`CryptoError::OtherKey`] names it), or are damaged or of another place.
pub fn decrypt(key: &DataKey, field: FieldRef<'_>, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let (made_with, sealed) = split(ciphertext)?;
    if made_with != key.id() {
        return Err(CryptoError::OtherKey { made_with, given: key.id() });
    }
    open(key.secret(), &field.aad(made_with), sealed)
}

/// Which data key to fetch before [`decrypt`]. Not authenticated until then.
pub fn key_id_of(ciphertext: &[u8]) -> Result<u32, CryptoError> {
    split(ciphertext).map(|(id, _)| id)
}

fn split(ciphertext: &[u8]) -> Result<(u32, &[u8]), CryptoError> {
    let Some((&VERSION, rest)) = ciphertext.split_first() else {
        return Err(CryptoError::Malformed);
    };
    let (id, sealed) = rest.split_first_chunk::<4>().ok_or(CryptoError::Malformed)?;
    Ok((u32::from_be_bytes(*id), sealed))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HERE: FieldRef<'_> =
        FieldRef { org: Uuid::from_u128(1), table: "customer_privates", column: "tax_id", row: Uuid::from_u128(2) };

    #[test]
    fn a_value_decrypts_only_where_it_was_encrypted() {
        let key = DataKey::generate(1);
        let secret = encrypt(&key, HERE, b"DE123456789");
        assert_eq!(decrypt(&key, HERE, &secret).unwrap().as_slice(), b"DE123456789");

        let elsewhere = [
            FieldRef { org: Uuid::from_u128(9), ..HERE },
            FieldRef { table: "customers", ..HERE },
            FieldRef { column: "bank_details", ..HERE },
            FieldRef { row: Uuid::from_u128(9), ..HERE },
            // The same letters, divided differently.
            FieldRef { table: "customer_privatest", column: "ax_id", ..HERE },
        ];
        for place in elsewhere {
            assert_eq!(decrypt(&key, place, &secret), Err(CryptoError::Refused), "{place:?}");
        }
    }

    #[test]
    fn another_key_is_refused_and_named() {
        let secret = encrypt(&DataKey::generate(1), HERE, b"x");
        let other = decrypt(&DataKey::generate(2), HERE, &secret);
        assert_eq!(other, Err(CryptoError::OtherKey { made_with: 1, given: 2 }));
        let same_number = decrypt(&DataKey::generate(1), HERE, &secret);
        assert_eq!(same_number, Err(CryptoError::Refused));
        assert_eq!(key_id_of(&secret), Ok(1));
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_refused() {
        let key = DataKey::generate(1);
        let secret = encrypt(&key, HERE, b"DE123456789");
        for bit in 0..secret.len() * 8 {
            let mut flipped = secret.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decrypt(&key, HERE, &flipped).is_err(), "bit {bit}");
        }
        for length in 0..secret.len() {
            assert!(decrypt(&key, HERE, &secret[..length]).is_err(), "length {length}");
        }
        assert!(decrypt(&key, HERE, &[&secret[..], b"\0"].concat()).is_err());
    }

    #[test]
    fn the_same_value_never_looks_the_same_twice() {
        let key = DataKey::generate(1);
        let mut seen = std::collections::HashSet::new();
        for _ in 0..10_000 {
            let secret = encrypt(&key, HERE, b"same");
            assert!(seen.insert(secret[5..17].to_vec()), "a nonce came twice");
        }
    }

    proptest! {
        #[test]
        fn each_value_comes_back(plaintext: Vec<u8>, id: u32, org: u128, row: u128, table: String, column: String) {
            let place = FieldRef { org: Uuid::from_u128(org), table: &table, column: &column, row: Uuid::from_u128(row) };
            let key = DataKey::generate(id);
            let secret = encrypt(&key, place, &plaintext);
            prop_assert_eq!(key_id_of(&secret), Ok(id));
            let back = decrypt(&key, place, &secret).unwrap();
            prop_assert_eq!(back.as_slice(), plaintext.as_slice());
        }

        #[test]
        fn garbage_is_refused_without_a_panic(bytes: Vec<u8>) {
            prop_assert!(decrypt(&DataKey::generate(1), HERE, &bytes).is_err());
        }
    }
}
