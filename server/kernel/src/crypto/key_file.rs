//! The key file as commands change it: one command at a time, and each change is on disk as a whole before anybody is told of it.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};

use super::{
    MasterKeys,
    master::{KeyFileError, MasterKey, sync_folder_of},
};

/// Holds the lock that keeps other commands from the file.
#[derive(Debug)]
pub struct KeyFile {
    path: PathBuf,
    keys: MasterKeys,
    _lock: File,
}

impl KeyFile {
    /// Takes the lock and reads the file. Fails with [`KeyFileError::Busy`] while another command has the lock, and where there is no
    /// file: making one is the servers' affair.
    pub fn open(path: &Path) -> Result<Self, KeyFileError> {
        let failed = |source| KeyFileError::Io { path: path.into(), source };
        // A name that leads elsewhere goes on leading there: what is replaced is the file itself.
        let path = path.canonicalize().map_err(failed)?;
        let lock = OpenOptions::new().create(true).append(true).mode(0o600).open(path.with_extension("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(KeyFileError::Busy(path)),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        // A command that was killed may have left keys in it.
        match fs::remove_file(draft(&path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        Ok(Self { keys: MasterKeys::load(&path)?, path, _lock: lock })
    }

    pub const fn keys(&self) -> &MasterKeys {
        &self.keys
    }

    /// The key that was added and never made current, where there is one: a rotation that was broken off.
    pub fn waiting(&self) -> Option<&str> {
        let keys = self.keys.all();
        let newest = keys.iter().max_by_key(|key| key.made_at())?;
        (newest.made_at() > keys[0].made_at()).then_some(newest.id.as_str())
    }

    /// Adds a new random key behind the others, where it reads and does not wrap. Returns its id, which tells when it was made.
    pub fn add(&mut self, now: DateTime<Utc>) -> Result<String, KeyFileError> {
        let key = MasterKey::generate(now);
        let id = key.id.clone();
        self.keys.all_mut().push(key);
        self.write()?;
        Ok(id)
    }

    /// Puts a key first, so that from now on it wraps. False when there is none of that id.
    pub fn promote(&mut self, id: &str) -> Result<bool, KeyFileError> {
        let Some(place) = self.keys.place(id) else { return Ok(false) };
        let key = self.keys.all_mut().remove(place);
        self.keys.all_mut().insert(0, key);
        self.write()?;
        Ok(true)
    }

    /// Takes a key out. False when there is none of that id, or when it is the current one.
    pub fn remove(&mut self, id: &str) -> Result<bool, KeyFileError> {
        match self.keys.place(id) {
            None | Some(0) => Ok(false),
            Some(place) => {
                self.keys.all_mut().remove(place);
                self.write()?;
                Ok(true)
            }
        }
    }

    /// A reader sees the old file or the new one, also after a crash.
    fn write(&self) -> Result<(), KeyFileError> {
        let written = || {
            let draft = draft(&self.path);
            let mut out = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&draft)?;
            out.write_all(self.keys.to_text().as_bytes())?;
            out.sync_all()?;
            fs::rename(&draft, &self.path)?;
            sync_folder_of(&self.path)
        };
        written().map_err(|source| KeyFileError::Io { path: self.path.clone(), source })
    }
}

fn draft(path: &Path) -> PathBuf {
    path.with_extension("next")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use chrono::TimeDelta;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_834_800, 0).unwrap()
    }

    fn ids(path: &Path) -> Vec<String> {
        MasterKeys::load(path).unwrap().ids().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn a_key_is_added_made_current_and_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        MasterKeys::load_or_create(&path).unwrap();
        let mut file = KeyFile::open(&path).unwrap();
        assert_eq!(file.waiting(), None);
        let second = file.add(now()).unwrap();
        assert!(second.starts_with("k20261128T"), "{second}");
        assert_eq!((ids(&path), file.waiting()), (vec!["k1".to_owned(), second.clone()], Some(second.as_str())));
        assert!(!file.remove("k1").unwrap(), "the current one stays");
        assert!(file.promote(&second).unwrap() && !file.promote("k9").unwrap());
        assert_eq!((ids(&path), file.waiting()), (vec![second.clone(), "k1".to_owned()], None));
        let third = file.add(now() + TimeDelta::seconds(1)).unwrap();
        assert_eq!(file.waiting(), Some(third.as_str()));
        assert!(file.promote(&third).unwrap() && file.remove("k1").unwrap() && !file.remove("k1").unwrap());
        assert_eq!(ids(&path), [third, second]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn one_command_at_a_time_and_nothing_left_of_a_killed_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        assert!(matches!(KeyFile::open(&path), Err(KeyFileError::Io { .. })) && !path.exists());
        MasterKeys::load_or_create(&path).unwrap();
        let first = KeyFile::open(&path).unwrap();
        assert!(matches!(KeyFile::open(&path), Err(KeyFileError::Busy(_))));
        drop(first);
        fs::write(draft(&path), "half a fi").unwrap();
        KeyFile::open(&path).unwrap();
        assert!(!draft(&path).exists());
    }

    #[test]
    fn a_link_to_the_file_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("real.key"), folder.path().join("master.key"));
        MasterKeys::load_or_create(&path).unwrap();
        symlink(&path, &link).unwrap();
        KeyFile::open(&link).unwrap().add(now()).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!((ids(&path).len(), ids(&link).len()), (2, 2));
    }
}
