//! What is kept encrypted outside the database, where no data key can be asked for: a key derived from a master key for one purpose
//! (HKDF-SHA256, RFC 5869).
//!
//! Bytes: version 1, length of the master key's id, the id, 12-byte nonce, ciphertext, 16-byte tag.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{CryptoError, MasterKeys, Secret, bind, master::MasterKey, open, seal};

const VERSION: u8 = 1;

/// Encrypts with the current master key's key for `purpose`.
pub fn seal_outside(masters: &MasterKeys, purpose: &str, plaintext: &[u8]) -> Vec<u8> {
    let master = masters.current();
    let id = master.id.as_bytes();
    let length = u8::try_from(id.len()).expect("ids of master keys have at most 32 characters");
    let sealed = seal(&derived(master, purpose), &aad(purpose, id), plaintext);
    [&[VERSION, length], id, &sealed].concat()
}

/// Fails when `bytes` are damaged or were sealed for another purpose, or by a master key that is not among `masters`.
pub fn open_outside(masters: &MasterKeys, purpose: &str, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let (name, sealed) = split(bytes)?;
    let master = masters.find(name).ok_or(CryptoError::UnknownMasterKey)?;
    open(&derived(master, purpose), &aad(purpose, name.as_bytes()), sealed)
}

/// Id of the master key that is needed. Not authenticated until [`open_outside`].
pub fn master_id_of(bytes: &[u8]) -> Result<&str, CryptoError> {
    split(bytes).map(|(name, _)| name)
}

fn split(bytes: &[u8]) -> Result<(&str, &[u8]), CryptoError> {
    let Some(([VERSION, length], rest)) = bytes.split_first_chunk::<2>() else { return Err(CryptoError::Malformed) };
    let (id, sealed) = rest.split_at_checked(usize::from(*length)).ok_or(CryptoError::Malformed)?;
    let name = std::str::from_utf8(id).map_err(|_| CryptoError::Malformed)?;
    Ok((name, sealed))
}

fn derived(master: &MasterKey, purpose: &str) -> Secret {
    let mut key: Secret = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, &*master.secret)
        .expand(purpose.as_bytes(), &mut *key)
        .expect("HKDF-SHA256 gives up to 8,160 bytes");
    key
}

fn aad(purpose: &str, id: &[u8]) -> Vec<u8> {
    bind(&[b"streamflow outside", &[VERSION], purpose.as_bytes(), id])
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;

    fn masters(ids: &[u8]) -> MasterKeys {
        let entries: Vec<String> = ids.iter().map(|id| format!("k{id}:{}", STANDARD.encode([*id; 32]))).collect();
        MasterKeys::parse(&entries.join(",")).unwrap()
    }

    #[test]
    fn it_opens_for_its_purpose_with_its_master_key_and_unaltered() {
        let sealed = seal_outside(&masters(&[1]), "mirror", b"text");
        assert_eq!(&**open_outside(&masters(&[2, 1]), "mirror", &sealed).unwrap(), b"text");
        assert_eq!(open_outside(&masters(&[1]), "other", &sealed).unwrap_err(), CryptoError::Refused);
        assert_eq!(open_outside(&masters(&[2]), "mirror", &sealed).unwrap_err(), CryptoError::UnknownMasterKey);
        assert_eq!((master_id_of(&sealed), master_id_of(b"text")), (Ok("k1"), Err(CryptoError::Malformed)));
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(open_outside(&masters(&[1]), "mirror", &altered).is_err(), "byte {at}");
            assert!(open_outside(&masters(&[1]), "mirror", &sealed[..at]).is_err(), "cut at {at}");
        }
    }
}
