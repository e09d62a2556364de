//! Master keys: from the environment, or from a key file that only its owner can read.
//!
//! Text form, in both: `id:base64,id2:base64` with 32 bytes each (the file may have one per line). The first
//! wraps; the others only unwrap what they wrapped before, until everything is wrapped anew. One that we made says in its id when.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::{fmt, str};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDateTime, Utc};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Secret;
use crate::{db::files::sync_folder_of, ids::random_bytes};

/// What the id of a key that was added begins with: when it was made. The first key of an installation is `k1`.
const MADE: &str = "k%Y%m%dT%H%M%SZ";

/// The first is current. Never empty.
pub struct MasterKeys(Vec<MasterKey>);

pub(super) struct MasterKey {
    pub(super) id: String,
    pub(super) secret: Secret,
}

/// None of the messages holds key material, so they may be printed at start-up.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("there is no master key")]
    Empty,
    #[error("master key {0} is not written as id:base64, with an id of letters, digits, '-' or '_'")]
    Form(usize),
    #[error("master key \"{0}\" is not 32 bytes in base64")]
    Length(String),
    #[error("master key \"{0}\" is given twice")]
    Twice(String),
    #[error("{path} can be read by others (mode {mode:o}); run chmod 600 on it", path = .path.display())]
    ReadableByOthers { path: PathBuf, mode: u32 },
    #[error("{path} is being changed by another command; try again when it has ended", path = .0.display())]
    Busy(PathBuf),
    #[error("{path}: {source}", path = .path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl MasterKeys {
    /// Reads the text form. Fails when there is no key, when one is not written so, and when two have one id.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let mut keys: Vec<MasterKey> = Vec::new();
        let entries = text.split([',', '\n']).map(str::trim).filter(|entry| !entry.is_empty());
        for (index, entry) in entries.enumerate() {
            let key = MasterKey::parse(entry, index + 1)?;
            if keys.iter().any(|other| other.id == key.id) {
                return Err(KeyFileError::Twice(key.id));
            }
            keys.push(key);
        }
        if keys.is_empty() { Err(KeyFileError::Empty) } else { Ok(Self(keys)) }
    }

    /// Reads the key file, or makes one with a new key on first run. Losing this file loses each encrypted
    /// field, so it belongs in the operator's own backup, apart from the database's.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyFileError> {
        match Self::load(path) {
            Err(KeyFileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                create(path).map_err(|source| KeyFileError::Io { path: path.into(), source })?;
                Self::load(path)
            }
            done => done,
        }
    }

    /// Reads the key file. Fails when there is none, and when others than its owner may read it.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        let failed = |source| KeyFileError::Io { path: path.into(), source };
        let mut file = File::open(path).map_err(failed)?;
        // Asked of the open file, not of the path, so that what is checked is what is read.
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::ReadableByOthers { path: path.into(), mode });
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(failed)?;
        Self::parse(&text)
    }

    /// Ids of all keys, the current one's first.
    pub fn ids(&self) -> Vec<&str> {
        self.0.iter().map(|key| key.id.as_str()).collect()
    }

    /// Id of the key that wraps.
    pub fn current_id(&self) -> &str {
        &self.current().id
    }

    /// When a key was made, if its id says so.
    pub fn made_at(&self, id: &str) -> Option<DateTime<Utc>> {
        self.find(id)?.made_at()
    }

    /// What [`parse`](Self::parse) reads, one key a line.
    pub(super) fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::new());
        for key in &self.0 {
            let secret = Zeroizing::new(STANDARD.encode(*key.secret));
            text.extend([key.id.as_str(), ":", secret.as_str(), "\n"]);
        }
        text
    }

    pub(super) fn all(&self) -> &[MasterKey] {
        &self.0
    }

    /// To be left with one key at least.
    pub(super) const fn all_mut(&mut self) -> &mut Vec<MasterKey> {
        &mut self.0
    }

    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.0.iter().position(|key| key.id == id)
    }

    pub(super) fn current(&self) -> &MasterKey {
        &self.0[0]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &MasterKey> {
        self.0.iter()
    }

    pub(super) fn find(&self, id: &str) -> Option<&MasterKey> {
        self.0.iter().find(|key| key.id == id)
    }
}

impl MasterKey {
    /// A new random key whose id tells when it was made.
    pub(super) fn generate(now: DateTime<Utc>) -> Self {
        let random: [u8; 4] = random_bytes();
        let id = format!("{}-{:08x}", now.format(MADE), u32::from_be_bytes(random));
        Self { id, secret: Zeroizing::new(random_bytes()) }
    }

    pub(super) fn made_at(&self) -> Option<DateTime<Utc>> {
        made_at(&self.id)
    }

    /// A secret for one purpose (HKDF-SHA256, RFC 5869), so that there is no second one to keep.
    pub(super) fn derive(&self, purpose: &str) -> Secret {
        let mut secret: Secret = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, &*self.secret)
            .expand(purpose.as_bytes(), &mut *secret)
            .expect("HKDF-SHA256 gives up to 8,160 bytes");
        secret
    }

    fn parse(entry: &str, position: usize) -> Result<Self, KeyFileError> {
        let (id, text) = entry.split_once(':').ok_or(KeyFileError::Form(position))?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if id.is_empty() || id.len() > 32 || !id.chars().all(plain) {
            return Err(KeyFileError::Form(position));
        }
        let length = || KeyFileError::Length(id.into());
        let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| length())?);
        let secret = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| length())?;
        Ok(Self { id: id.into(), secret: Zeroizing::new(secret) })
    }
}

/// What the id of a key that we made says.
pub(super) fn made_at(id: &str) -> Option<DateTime<Utc>> {
    let (made, _) = id.split_once('-')?;
    NaiveDateTime::parse_from_str(made, MADE).ok().map(|at| at.and_utc())
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

/// Writes beside the file and links it into place: a crash leaves no half key, and of two servers starting
/// at once the second finds the first one's key instead of replacing it.
fn create(path: &Path) -> io::Result<()> {
    let suffix: [u8; 8] = random_bytes();
    let draft = path.with_extension(format!("{:016x}.new", u64::from_be_bytes(suffix)));
    let secret: Secret = Zeroizing::new(random_bytes());
    let text = Zeroizing::new(format!("k1:{}\n", STANDARD.encode(*secret)));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let linked = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        done => done.and_then(|()| sync_folder_of(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, byte: u8) -> String {
        format!("{id}:{}", STANDARD.encode([byte; 32]))
    }

    #[test]
    fn the_first_key_is_current_and_the_others_are_found() {
        let keys = MasterKeys::parse(&format!("{}, {}\n", entry("2026-11", 1), entry("2026-05", 2))).unwrap();
        assert_eq!(keys.current().id, "2026-11");
        assert_eq!(*keys.find("2026-05").unwrap().secret, [2; 32]);
        assert!(keys.find("2025").is_none());
        assert_eq!(format!("{keys:?}"), r#"["2026-11", "2026-05"]"#);
    }

    #[test]
    fn wrong_texts_are_refused_without_repeating_the_key() {
        let short = format!("a:{}", STANDARD.encode([1; 31]));
        let twice = format!("{},{}", entry("a", 1), entry("a", 2));
        let cases = [
            ("", "there is no master key"),
            (" \n,", "there is no master key"),
            ("c2VjcmV0", "master key 1 is not written as id:base64, with an id of letters, digits, '-' or '_'"),
            (":c2VjcmV0", "master key 1 is not written as id:base64, with an id of letters, digits, '-' or '_'"),
            ("a b:c2VjcmV0", "master key 1 is not written as id:base64, with an id of letters, digits, '-' or '_'"),
            ("a:***", "master key \"a\" is not 32 bytes in base64"),
            (&short, "master key \"a\" is not 32 bytes in base64"),
            (&twice, "master key \"a\" is given twice"),
        ];
        for (text, message) in cases {
            assert_eq!(MasterKeys::parse(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn the_first_run_makes_a_private_file_and_the_next_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.keys");
        let made = MasterKeys::load_or_create(&path).unwrap();
        let read = MasterKeys::load_or_create(&path).unwrap();
        assert_eq!(*made.current().secret, *read.current().secret);
        assert_ne!(*made.current().secret, [0; 32]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the draft stayed behind");
    }

    #[test]
    fn a_file_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.keys");
        MasterKeys::load_or_create(&path).unwrap();
        for mode in [0o640, 0o604, 0o644, 0o660, 0o610] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = MasterKeys::load_or_create(&path).unwrap_err();
            assert!(matches!(error, KeyFileError::ReadableByOthers { mode: m, .. } if m == mode), "{error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        MasterKeys::load_or_create(&path).unwrap();
    }

    #[test]
    fn servers_starting_at_once_agree_on_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.keys");
        let secrets: Vec<[u8; 32]> = std::thread::scope(|scope| {
            let starts: Vec<_> =
                (0..8).map(|_| scope.spawn(|| *MasterKeys::load_or_create(&path).unwrap().current().secret)).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(secrets.iter().all(|secret| secret == &secrets[0]));
    }

    #[test]
    fn a_damaged_file_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.keys");
        MasterKeys::load_or_create(&path).unwrap();
        fs::write(&path, "").unwrap();
        assert!(matches!(MasterKeys::load_or_create(&path), Err(KeyFileError::Empty)));
        assert_eq!(fs::read(&path).unwrap(), b"");
    }
}
