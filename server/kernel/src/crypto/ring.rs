//! The master keys as a running process has them. Those of a file are followed: commands change it while servers run.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::RwLock;

use super::{KeyFileError, MasterKeys};

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

    /// Where the keys come from; none for those of the configuration.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

#[cfg(test)]
mod tests {
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
}
