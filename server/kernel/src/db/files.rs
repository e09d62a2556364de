//! Files and folders that only the server's own user may open. Their modes are set, not left to the umask, which differs from one
//! machine to the next.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
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
    use super::*;

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
    fn a_folder_that_all_share_stays_shared() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
        private_folder(folder.path()).unwrap();
        assert_eq!(mode(folder.path()), 0o777);
    }
}
