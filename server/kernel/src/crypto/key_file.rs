//! The key file as commands change it: one command at a time, and each change is on disk as a whole before anybody is told of it.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    MasterKeys,
    master::{KeyFileError, MasterKey, made_at},
};
use crate::db::files::{private_file, replace};

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
        let lock = lock_beside(&path)?;
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

    /// Adds a new random key behind the others, where it reads and does not wrap. Returns its id, which tells when it was made, or a second
    /// after the newest of the others where the clock was set back: [`waiting`](Self::waiting) goes by that.
    pub fn add(&mut self, now: DateTime<Utc>) -> Result<String, KeyFileError> {
        let key = MasterKey::generate(after_all(self.keys.ids(), now));
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
        let written = replace(&self.path, self.keys.to_text().as_bytes());
        written.map_err(|source| KeyFileError::Io { path: self.path.clone(), source })
    }
}

/// Now, or a second after the newest of these keys, so that a new one's id is later whatever the clock says.
pub fn after_all<'a>(ids: impl IntoIterator<Item = &'a str>, now: DateTime<Utc>) -> DateTime<Utc> {
    let next = |id| made_at(id)?.checked_add_signed(TimeDelta::seconds(1));
    ids.into_iter().filter_map(next).fold(now, Ord::max)
}

/// The file that is locked instead of the keys', which is replaced.
fn lock_beside(path: &Path) -> Result<File, KeyFileError> {
    let lock = path.with_extension("lock");
    let opened = match private_file(&lock, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => OpenOptions::new().append(true).open(&lock),
        made => made,
    };
    opened.map_err(|source| KeyFileError::Io { path: lock, source })
}

fn draft(path: &Path) -> PathBuf {
    path.with_extension("next")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};

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
    fn a_clock_that_was_set_back_brings_no_old_key_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        MasterKeys::load_or_create(&path).unwrap();
        let mut file = KeyFile::open(&path).unwrap();
        let mut current = "k1".to_owned();
        // The second one in the same second, and the third on another day.
        for at in [now(), now(), now() - TimeDelta::days(1)] {
            let next = file.add(at).unwrap();
            assert_eq!(file.waiting(), Some(next.as_str()));
            assert!(file.promote(&next).unwrap());
            assert_eq!(file.waiting(), None, "{current} is not a new one");
            current = next;
        }
        assert_eq!(file.keys().made_at(&current), Some(now() + TimeDelta::seconds(2)));
        let gone = ["k20991231T235959Z-00000000", "k1", "noise"];
        assert_eq!(after_all(gone, now()).to_rfc3339(), "2100-01-01T00:00:00+00:00");
        assert_eq!(after_all(["k1"], now()), now());
    }

    #[test]
    fn what_root_changes_stays_the_servers() {
        const SERVER: u32 = 4321;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        MasterKeys::load_or_create(&path).unwrap();
        let owner = |path: &Path| fs::metadata(path).map(|found| (found.uid(), found.gid(), found.mode() & 0o777)).unwrap();
        // Only root may work for another user; of everybody else the files stay their own.
        let servers = match chown(&path, Some(SERVER), Some(SERVER)) {
            Ok(()) => (SERVER, SERVER, 0o600),
            Err(_) => owner(&path),
        };
        KeyFile::open(&path).unwrap().add(now()).unwrap();
        for path in [path.with_extension("lock"), path] {
            assert_eq!(owner(&path), servers, "{}", path.display());
        }
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
