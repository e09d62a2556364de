//! The master keys as a running process has them. Those of a file are followed: commands change it while servers run.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::RwLock;
use uuid::Uuid;

use super::{CryptoError, DataKey, KeyFileError, MasterKeys, WrappedKey};

/// Whoever uses the keys asks for those of now, and keeps nothing that was derived from them.
#[derive(Debug)]
pub struct MasterRing {
    file: Option<PathBuf>,
    keys: RwLock<Arc<MasterKeys>>,
}

impl MasterRing {
    /// Keys of the configuration, which stay as they are while the process lives.
    pub fn fixed(keys: MasterKeys) -> Self {
        Self { file: None, keys: RwLock::new(Arc::new(keys)) }
    }

    /// Keys of a file, which is made with a new key where there is none. Fails when the file can't be read, or others may read it.
    pub fn open(file: &Path) -> Result<Self, KeyFileError> {
        let keys = MasterKeys::load_or_create(file)?;
        Ok(Self { file: Some(file.to_owned()), keys: RwLock::new(Arc::new(keys)) })
    }

    /// The keys as they were last read.
    pub fn now(&self) -> Arc<MasterKeys> {
        Arc::clone(&self.keys.read())
    }

    /// Reads the file anew, a hundred bytes or so; true when there are other keys in it. One that can't be read leaves the keys as
    /// they are, and is the error.
    pub fn look(&self) -> Result<bool, KeyFileError> {
        let Some(file) = &self.file else { return Ok(false) };
        let found = MasterKeys::load(file)?;
        let mut keys = self.keys.write();
        let is_new = found.ids() != keys.ids();
        if is_new {
            *keys = Arc::new(found);
        }
        Ok(is_new)
    }

    /// The same for who goes on with the keys there are: what is wrong is in the log.
    pub fn refresh(&self) -> bool {
        self.look().unwrap_or_else(|error| {
            tracing::warn!(%error, "the master keys stay as they were");
            false
        })
    }

    /// Opens a data key of a company, looking at the file where the master key that wraps it is not among those of now.
    pub fn unwrap(&self, org: Uuid, wrapped: &WrappedKey) -> Result<DataKey, CryptoError> {
        match DataKey::unwrap(org, wrapped, &self.now()) {
            Err(CryptoError::UnknownMasterKey) => {
                // Whether or not it finds anything: somebody else may have found it first.
                self.refresh();
                DataKey::unwrap(org, wrapped, &self.now())
            }
            unwrapped => unwrapped,
        }
    }

    /// Where the keys come from; none for those of the configuration.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use chrono::DateTime;

    use super::*;
    use crate::crypto::KeyFile;

    #[test]
    fn a_changed_file_is_followed_and_a_damaged_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let ring = MasterRing::open(&path).unwrap();
        assert!(!ring.look().unwrap());
        let before = ring.now();
        let id = KeyFile::open(&path).unwrap().add(DateTime::UNIX_EPOCH).unwrap();
        assert!(ring.look().unwrap() && !ring.look().unwrap());
        assert_eq!((before.ids().len(), ring.now().ids()), (1, vec!["k1", id.as_str()]));

        std::fs::write(&path, "noise").unwrap();
        ring.look().unwrap_err();
        std::fs::remove_file(&path).unwrap();
        ring.look().unwrap_err();
        assert!(!path.exists(), "looking makes no new key");
        assert_eq!(ring.now().ids().len(), 2);

        let fixed = MasterRing::fixed(MasterKeys::parse("a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap());
        assert!(!fixed.look().unwrap() && fixed.file().is_none());
    }

    #[test]
    fn all_who_meet_a_new_key_at_once_open_what_it_wraps() {
        const READERS: usize = 8;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let ring = MasterRing::open(&path).unwrap();
        let (org, start) = (Uuid::from_u128(1), Barrier::new(READERS));
        for round in 0..20 {
            let mut file = KeyFile::open(&path).unwrap();
            let id = file.add(DateTime::UNIX_EPOCH).unwrap();
            assert!(file.promote(&id).unwrap());
            let wrapped = DataKey::generate(1).wrap(org, file.keys());
            std::thread::scope(|scope| {
                for _ in 0..READERS {
                    scope.spawn(|| {
                        start.wait();
                        assert!(ring.unwrap(org, &wrapped).is_ok(), "round {round}");
                    });
                }
            });
        }
        let unknown = WrappedKey { master_id: "k9".to_owned(), ..DataKey::generate(1).wrap(org, &ring.now()) };
        assert_eq!(ring.unwrap(org, &unknown).unwrap_err(), CryptoError::UnknownMasterKey);
    }
}
