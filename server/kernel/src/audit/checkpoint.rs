//! Checkpoints: signed statements of how far a chain had come and which hash it had there. They are kept in a file outside the
//! database, so that whoever rewrites the database can't rewrite them; copy that file to a machine of its own.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::chain::{Hash, Head};
use crate::crypto::{PublicKey, SigningKey, bind};

/// What the signing key is derived for.
pub const PURPOSE: &str = "streamflow audit checkpoints";

const LABEL: &[u8] = b"streamflow audit checkpoint 1";

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    pub system: String,
    pub org: Uuid,
    /// Number of the newest link, from 1.
    pub position: i64,
    #[serde(with = "hex")]
    pub hash: Hash,
    pub at: DateTime<Utc>,
    /// Master key whose derived key signed.
    pub key: String,
    /// Base64 of 64 bytes.
    pub signature: String,
}

impl Checkpoint {
    /// States that the chain of `org` (nil for none) in `system` had `head` at `at`, which counts to the microsecond; signed with Ed25519
    /// (RFC 8032).
    pub fn sign(key: &SigningKey, system: &str, org: Uuid, head: Head, at: DateTime<Utc>) -> Self {
        let mut checkpoint = Self {
            system: system.to_owned(),
            org,
            position: head.position,
            hash: head.hash,
            at,
            key: key.id().to_owned(),
            signature: String::new(),
        };
        checkpoint.signature = STANDARD.encode(key.sign(&checkpoint.message()));
        checkpoint
    }

    /// True when one of `keys` signed exactly this.
    pub fn is_genuine(&self, keys: &[PublicKey]) -> bool {
        let Ok(signature) = STANDARD.decode(&self.signature) else { return false };
        let message = self.message();
        keys.iter().any(|key| key.id == self.key && key.verify(&message, &signature))
    }

    fn message(&self) -> Vec<u8> {
        bind(&[
            LABEL,
            self.system.as_bytes(),
            self.org.as_bytes(),
            &self.position.to_be_bytes(),
            &self.hash,
            &self.at.timestamp_micros().to_be_bytes(),
            self.key.as_bytes(),
        ])
    }
}

/// A system's file in the folder of checkpoints.
pub fn file_of(folder: &Path, system: &str) -> PathBuf {
    folder.join(format!("{system}.jsonl"))
}

/// Adds lines to a file only its owner can read, and returns when they are on disk.
pub fn append(path: &Path, checkpoints: &[Checkpoint]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let is_new = !path.exists();
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    let mut text = if ends_in_a_line(&mut file)? { String::new() } else { "\n".to_owned() };
    for checkpoint in checkpoints {
        text.push_str(&serde_json::to_string(checkpoint)?);
        text.push('\n');
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    if is_new {
        // A new name is on disk only when its folder is.
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A process that was killed while it wrote leaves half a line, to which nothing may be added.
fn ends_in_a_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// What a file of checkpoints says.
#[derive(Clone, Debug, Default)]
pub struct Checkpoints {
    pub all: Vec<Checkpoint>,
    /// Lines that are no checkpoints: cut off, or damaged.
    pub unreadable: usize,
}

impl Checkpoints {
    /// Adds a file's lines; a file that is not there has none.
    pub fn read(&mut self, path: &Path) -> io::Result<()> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file?,
        };
        for line in BufReader::new(file).split(b'\n') {
            let line = line?;
            match serde_json::from_slice(&line) {
                Ok(checkpoint) => self.all.push(checkpoint),
                Err(_) => self.unreadable += usize::from(!line.is_empty()),
            }
        }
        Ok(())
    }

    /// Those of one chain.
    pub fn of(&self, system: &str, org: Uuid) -> impl Iterator<Item = &Checkpoint> {
        let system = system.to_owned();
        self.all.iter().filter(move |checkpoint| checkpoint.org == org && checkpoint.system == system)
    }
}

/// Hashes as lower-case hex.
pub mod hex {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::{HEXLOWER, Hash};

    pub fn serialize<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(hash))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(D::Error::custom)?;
        bytes.try_into().map_err(|_| D::Error::custom("a hash has 32 bytes"))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::crypto::MasterKeys;

    pub fn key() -> SigningKey {
        let masters = MasterKeys::parse(&format!("k1:{}", STANDARD.encode([3; 32]))).unwrap();
        SigningKey::derive(&masters, PURPOSE)
    }

    pub fn checkpoint(head: Head) -> Checkpoint {
        Checkpoint::sign(&key(), "x", Uuid::from_u128(1), head, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn nothing_in_a_checkpoint_can_be_changed() {
        let keys = [key().public()];
        let genuine = checkpoint(Head { position: 3, hash: [5; 32] });
        assert!(genuine.is_genuine(&keys) && !genuine.is_genuine(&[]));
        let changes: [fn(&mut Checkpoint); 7] = [
            |c| c.system = "y".into(),
            |c| c.org = Uuid::nil(),
            |c| c.position = 2,
            |c| c.hash[31] ^= 1,
            |c| c.at += chrono::TimeDelta::microseconds(1),
            |c| c.key = "k2".into(),
            |c| c.signature = STANDARD.encode([0; 64]),
        ];
        for (n, change) in changes.iter().enumerate() {
            let mut forged = genuine.clone();
            change(&mut forged);
            assert!(!forged.is_genuine(&keys), "change {n}");
        }
    }

    #[test]
    fn lines_are_added_to_a_private_file_also_after_half_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = file_of(&folder.path().join("deep/er"), "x");
        let (first, second) = (checkpoint(Head { position: 1, hash: [1; 32] }), checkpoint(Head { position: 2, hash: [2; 32] }));
        append(&path, std::slice::from_ref(&first)).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"system\":\"x").unwrap();
        append(&path, std::slice::from_ref(&second)).unwrap();
        let mut read = Checkpoints::default();
        read.read(&path).unwrap();
        read.read(&folder.path().join("none")).unwrap();
        assert_eq!((read.all.as_slice(), read.unreadable), ([first, second].as_slice(), 1));
        assert_eq!(read.of("x", Uuid::from_u128(1)).count() + read.of("y", Uuid::from_u128(1)).count(), 2);
    }
}
