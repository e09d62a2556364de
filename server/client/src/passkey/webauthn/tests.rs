//! Vectors of another implementation, what each check refuses, and junk.

mod vectors;

use data_encoding::HEXLOWER_PERMISSIVE;
use proptest::prelude::*;

use self::vectors::{CREATE, EDDSA, ES256, GET, RS256, Vector};
use super::{
    Answer, Ceremony, ClientData, Counted, Credential, Flaw, NewCredential, RelyingParty, authenticator::AuthenticatorData,
    cose::PublicKey,
};

const HANDLE: &[u8] = b"whose it is";
/// Where the flags are in what an authenticator says, and the counter behind them.
const FLAGS: usize = 32;

fn party() -> RelyingParty {
    RelyingParty::of("https://portal.example.com").unwrap()
}

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).unwrap()
}

fn registered(vector: &Vector) -> Result<NewCredential, Flaw> {
    NewCredential::read(&hex(vector.attestation_object), CREATE.as_bytes(), &party())
}

fn kept(vector: &Vector) -> Credential {
    let NewCredential { public_key, sign_count, backup_eligible, .. } = registered(vector).unwrap();
    Credential { user_handle: HANDLE.to_vec(), public_key, sign_count, backup_eligible }
}

fn verify(credential: &Credential, data: &[u8], signature: &[u8], client_data: &str) -> Result<Counted, Flaw> {
    let answer = Answer { client_data_json: client_data.as_bytes(), authenticator_data: data, signature, user_handle: HANDLE };
    credential.verify(answer, &party())
}

#[test]
fn passkeys_are_bound_to_a_name_and_not_to_an_address() {
    let id = |origin: &str| RelyingParty::of(origin).map(|party| party.id);
    assert_eq!(id("http://client.localhost:7001").as_deref(), Some("client.localhost"));
    assert_eq!(id("https://portal.example.com").as_deref(), Some("portal.example.com"));
    for origin in ["http://127.0.0.1:7001", "http://[::1]:7001", "https://", "null", ""] {
        assert_eq!(id(origin), None, "{origin}");
    }
}

#[test]
fn three_algorithms_are_kept_and_sign_in() {
    for vector in [ES256, EDDSA, RS256] {
        let made = registered(&vector).unwrap();
        assert_eq!((made.id.len(), made.sign_count, made.backup_eligible, made.backed_up), (16, 1, false, false));
        let (data, signature) = (hex(vector.authenticator_data), hex(vector.signature));
        let counted = verify(&kept(&vector), &data, &signature, GET).unwrap();
        assert_eq!(counted, Counted { sign_count: 2, backed_up: false });
        assert_eq!(verify(&kept(&vector), &data, &signature, CREATE), Err(Flaw::Signature));
        for other in [ES256, EDDSA, RS256] {
            let signed = verify(&kept(&other), &data, &signature, GET);
            assert_eq!(signed.is_ok(), other.signature == vector.signature);
        }
    }
}

#[test]
fn the_page_must_be_the_one_that_asked() {
    let read = |json: &str| ClientData::read(json.as_bytes());
    let check = |json: &str, ceremony| read(json).and_then(|data| data.check(ceremony, &party()));
    assert_eq!(check(CREATE, Ceremony::Registration), Ok(()));
    assert_eq!(check(GET, Ceremony::SignIn), Ok(()));
    assert_eq!(read(CREATE).unwrap().challenge().unwrap(), std::array::from_fn(|index| index as u8));
    assert_eq!(check(GET, Ceremony::Registration), Err(Flaw::Type));
    for origin in [
        "http://portal.example.com",
        "https://portal.example.com:443",
        "https://portal.example.com.evil.example",
        "https://PORTAL.example.com",
        "https://portal.example.com/",
        "null",
        "",
    ] {
        let elsewhere = GET.replace("https://portal.example.com", origin);
        assert_eq!(check(&elsewhere, Ceremony::SignIn), Err(Flaw::Origin), "{origin}");
    }
    let framed = GET.replace("\"crossOrigin\":false", "\"crossOrigin\":true");
    assert_eq!(check(&framed, Ceremony::SignIn), Err(Flaw::CrossOrigin));
    let topped = GET.replace("\"crossOrigin\":false", "\"topOrigin\":\"https://evil.example\"");
    assert_eq!(check(&topped, Ceremony::SignIn), Err(Flaw::CrossOrigin));
    let twice = GET.replace("\"crossOrigin\":false", "\"origin\":\"https://portal.example.com\"");
    for json in ["", "{}", "null", "[]", "{\"type\":1}", &twice] {
        assert_eq!(read(json).unwrap_err(), Flaw::ClientData, "{json}");
    }
    for challenge in ["", "AA", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "+/+/", "A\\u0000"] {
        let json = format!(r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"https://portal.example.com"}}"#);
        assert_eq!(read(&json).and_then(|data| data.challenge()), Err(Flaw::ClientData), "{challenge}");
    }
}

/// Judged before the signature is, so that a changed byte shows its own flaw.
#[test]
fn each_flag_and_the_host_are_looked_at() {
    let with = |index: usize, byte: u8| {
        let mut data = hex(ES256.authenticator_data);
        data[index] = byte;
        verify(&kept(&ES256), &data, &hex(ES256.signature), GET)
    };
    let known = hex(ES256.authenticator_data);
    assert_eq!(with(0, known[0] ^ 1), Err(Flaw::RpId));
    assert_eq!(with(FLAGS, 0b100), Err(Flaw::UserPresence));
    assert_eq!(with(FLAGS, 0b001), Err(Flaw::UserVerification));
    assert_eq!(with(FLAGS, 0b1_0101), Err(Flaw::Backup), "copied though it can't be");
    assert_eq!(with(FLAGS, 0b1101), Err(Flaw::Backup), "of another kind than before");
    assert_eq!(with(FLAGS, 0b100_0101), Err(Flaw::AuthenticatorData), "a credential that is missing");
    assert_eq!(with(FLAGS, 0b1000_0101), Err(Flaw::AuthenticatorData), "extensions that are missing");
    assert_eq!(with(FLAGS + 4, 9), Err(Flaw::Signature), "another counter than was signed");
}

#[test]
fn the_counter_goes_on_or_is_not_there_at_all() {
    let (data, signature) = (hex(ES256.authenticator_data), hex(ES256.signature));
    let after = |sign_count| verify(&Credential { sign_count, ..kept(&ES256) }, &data, &signature, GET);
    assert!(after(0).is_ok() && after(1).is_ok());
    for before in [2, 3, u32::MAX] {
        assert_eq!(after(before), Err(Flaw::SignCount(2)), "{before}");
    }
}

#[test]
fn a_passkey_is_its_persons_own() {
    let credential = Credential { user_handle: b"somebody else".to_vec(), ..kept(&ES256) };
    assert_eq!(verify(&credential, &hex(ES256.authenticator_data), &hex(ES256.signature), GET), Err(Flaw::UserHandle));
}

#[test]
fn an_attestation_that_was_not_asked_for_is_none() {
    let change = |from: &str, to: &str| {
        let object = ES256.attestation_object;
        assert!(object.contains(from), "{from}");
        NewCredential::read(&hex(&object.replacen(from, to, 1)), CREATE.as_bytes(), &party())
    };
    // "none" as "nine", with a statement, as an attestation without one, without the map around it
    for (from, to) in [
        ("646e6f6e65", "646e696e65"),
        ("666d74", "666d75"),
        ("53746d74a0", "53746d74a10101"),
        ("646e6f6e65", "667061636b6564"),
        ("a3", "83"),
    ] {
        assert_eq!(change(from, to).unwrap_err(), Flaw::Attestation, "{from} as {to}");
    }
    // The same key twice, which other readers would choose from.
    let twice = hex(&ES256.attestation_object.replacen("a363", "a463", 1));
    let twice = [twice, hex("63666d74646e6f6e65")].concat();
    assert_eq!(NewCredential::read(&twice, CREATE.as_bytes(), &party()).unwrap_err(), Flaw::Attestation);
    let more = [hex(ES256.attestation_object), vec![0]].concat();
    assert_eq!(NewCredential::read(&more, CREATE.as_bytes(), &party()).unwrap_err(), Flaw::Attestation);
    // It attests itself for this very request.
    assert_eq!(NewCredential::read(&hex(EDDSA.attestation_object), GET.as_bytes(), &party()).unwrap_err(), Flaw::Signature);
}

#[test]
fn only_keys_of_our_algorithms_are_read() {
    let key = registered(&ES256).unwrap().public_key;
    assert!(PublicKey::read(&key).is_ok());
    // {1: 2, 3: -7, -1: 1, …}
    assert_eq!(key[..7], [0xa5, 1, 2, 3, 0x26, 0x20, 1]);
    for (index, byte) in [(2, 1), (2, 3), (4, 0x27), (4, 0x28), (6, 2), (9, 31), (1, 5)] {
        let mut changed = key.clone();
        changed[index] = byte;
        assert_eq!(PublicKey::read(&changed).unwrap_err(), Flaw::PublicKey, "byte {index} as {byte}");
    }
    // A point that is on no curve is read, and good for no signature.
    let mut nowhere = kept(&ES256);
    let last = nowhere.public_key.len() - 1;
    nowhere.public_key[last] ^= 1;
    assert_eq!(verify(&nowhere, &hex(ES256.authenticator_data), &hex(ES256.signature), GET), Err(Flaw::Signature));
}

#[test]
fn deep_and_endless_cbor_is_refused() {
    for junk in [vec![0x81; 8000], vec![0xa1; 8000], hex("5b7fffffffffffffff"), hex("9bffffffffffffffff"), hex("bf"), hex("5f41")]
    {
        assert_eq!(NewCredential::read(&junk, CREATE.as_bytes(), &party()).unwrap_err(), Flaw::Attestation);
        assert_eq!(PublicKey::read(&junk).unwrap_err(), Flaw::PublicKey);
    }
}

proptest! {
    #[test]
    fn junk_is_refused_and_breaks_nothing(junk in proptest::collection::vec(any::<u8>(), 0..700)) {
        prop_assert!(ClientData::read(&junk).is_err());
        prop_assert!(NewCredential::read(&junk, CREATE.as_bytes(), &party()).is_err());
        prop_assert!(verify(&kept(&ES256), &junk, &hex(ES256.signature), GET).is_err());
        prop_assert!(verify(&kept(&ES256), &hex(ES256.authenticator_data), &junk, GET).is_err());
        let credential = Credential { public_key: junk, ..kept(&ES256) };
        prop_assert!(verify(&credential, &hex(ES256.authenticator_data), &hex(ES256.signature), GET).is_err());
    }

    #[test]
    fn a_registration_with_another_byte_breaks_nothing(at in 0..1000usize, byte: u8, cut in 0..1000usize) {
        for vector in [ES256, EDDSA, RS256] {
            let mut object = hex(vector.attestation_object);
            let at = at % object.len();
            object[at] = byte;
            object.truncate(object.len() - cut % 4);
            let _ = NewCredential::read(&object, CREATE.as_bytes(), &party());
            let data = object.split_off(object.len().min(60));
            let _ = AuthenticatorData::read(&data);
        }
    }

    #[test]
    fn a_sign_in_with_another_bit_is_refused(at in 0..10_000usize, bit in 0..8u32, which in 0..3usize) {
        for vector in [ES256, EDDSA, RS256] {
            let (mut data, mut signature, mut page) = (hex(vector.authenticator_data), hex(vector.signature), GET.to_owned().into_bytes());
            let changed = [&mut data, &mut signature, &mut page].into_iter().nth(which).unwrap();
            let at = at % changed.len();
            changed[at] ^= 1 << bit;
            let answer = Answer { client_data_json: &page, authenticator_data: &data, signature: &signature, user_handle: HANDLE };
            prop_assert!(kept(&vector).verify(answer, &party()).is_err());
        }
    }
}
