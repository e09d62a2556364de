//! Files and folders that only the server's own user may open. Their modes are set, not left to the umask, which differs from one
//! machine to the next.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown},
    path::Path,
};

const STICKY: u32 = 0o1000;
const OTHERS: u32 = 0o077;

/// Makes a folder for data, or closes one that is there to others.
pub fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    close(path, 0o700)
}

/// Makes a database file before SQLite does, which would let everybody read it; the files it puts beside take over the mode.
pub(super) fn private_database(path: &Path) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    for ending in ["", "-wal", "-shm"] {
        let mut name = OsString::from(path);
        name.push(ending);
        match close(Path::new(&name), 0o600) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            closed => closed?,
        }
    }
    Ok(())
}

/// Replaces a file, or makes it: whole or as it was, also after a crash. It is private, and its owner stays who it was; a new one gets its
/// folder's owner. The draft is beside it, with the ending `next`. Fails where the owner is another user and we aren't root.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("next");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut out = private_file(&draft, path)?;
    out.write_all(content)?;
    out.sync_all()?;
    fs::rename(&draft, path)?;
    sync_folder_of(path)
}

/// Makes a file that is not there yet, with the owner of another one, or of that one's folder: what root makes for a server is the server's.
pub(crate) fn private_file(path: &Path, like: &Path) -> io::Result<File> {
    // Through a link that somebody put there root would hand over a file of the system.
    let file = OpenOptions::new().create_new(true).append(true).mode(0o600).open(path)?;
    let hand_over = || {
        let owner = match fs::metadata(like) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::metadata(folder_of(like))?,
            found => found?,
        };
        let is_ours = file.metadata()?.uid() == owner.uid();
        if is_ours { Ok(()) } else { fchown(&file, Some(owner.uid()), Some(owner.gid())) }
    };
    if let Err(error) = hand_over() {
        // Whose it should be could not open it.
        let _ = fs::remove_file(path);
        return Err(error);
    }
    Ok(file)
}

/// A new name is on disk only when its folder is.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A folder that all users share on purpose, such as /tmp, stays as it is; so does what belongs to another user.
fn close(path: &Path, mode: u32) -> io::Result<()> {
    let present = fs::metadata(path)?.permissions().mode();
    if present & OTHERS == 0 || present & STICKY != 0 {
        return Ok(());
    }
    if let Err(error) = fs::set_permissions(path, Permissions::from_mode(mode)) {
        tracing::warn!(%error, path = %path.display(), "other users of this machine can read the data");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::chown;

    use super::*;

    const OTHER: u32 = 4321;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn data_is_closed_to_others_new_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("new/data");
        private_folder(&data).unwrap();
        assert_eq!(mode(&data), 0o700);
        fs::set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
        private_folder(&data).unwrap();
        assert_eq!(mode(&data), 0o700);

        let file = data.join("client.db");
        private_database(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        let log = data.join("client.db-wal");
        fs::write(&log, "rows").unwrap();
        for path in [&file, &log] {
            fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
        }
        private_database(&file).unwrap();
        assert_eq!((mode(&file), mode(&log)), (0o600, 0o600));
        assert_eq!(fs::read(&log).unwrap(), b"rows");
    }

    #[test]
    fn a_replaced_file_is_private_and_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let (path, draft) = (folder.path().join("keys"), folder.path().join("keys.next"));
        fs::write(&draft, "half").unwrap();
        replace(&path, b"one").unwrap();
        assert_eq!((mode(&path), fs::read(&path).unwrap().as_slice(), draft.exists()), (0o600, &b"one"[..], false));
        // Only root may work for another user. Everybody else's attempt fails, and leaves nothing that its owner could not open.
        if chown(folder.path(), Some(OTHER), Some(OTHER)).is_err() {
            let refused = private_file(&draft, Path::new("/")).unwrap_err();
            assert_eq!((refused.kind(), draft.exists()), (io::ErrorKind::PermissionDenied, false));
            return;
        }
        let owner = || fs::metadata(&path).map(|found| (found.uid(), found.gid(), found.mode() & 0o777)).unwrap();
        let before = owner();
        replace(&path, b"two").unwrap();
        assert_eq!(owner(), before, "the folder's owner is not the file's");
        fs::remove_file(&path).unwrap();
        replace(&path, b"three").unwrap();
        assert_eq!(owner(), (OTHER, OTHER, 0o600));
        // Whoever owns the folder gets nothing else.
        let foreign = folder.path().join("foreign");
        fs::write(&foreign, "").unwrap();
        std::os::unix::fs::symlink(&foreign, &draft).unwrap();
        assert!(private_file(&draft, &path).is_err());
        replace(&path, b"four").unwrap();
        assert_eq!((fs::metadata(&foreign).unwrap().uid(), fs::read(&foreign).unwrap().len()), (before.0, 0));
    }

    #[test]
    fn a_folder_that_all_share_stays_shared() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
        private_folder(folder.path()).unwrap();
        assert_eq!(mode(folder.path()), 0o777);
    }
}
