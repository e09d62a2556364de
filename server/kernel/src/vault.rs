//! [`Vault`]: files of companies in the data folder, for what is too large for rows. Each is written once, and encrypted piece by piece
//! with the company's data key, so that it is of no use without the key and never whole in memory.
//!
//! A piece is: its length (u32, big endian), then the ciphertext. Number and end are part of what the ciphertext is bound to, so that
//! no piece can be left out, moved or added.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{
    fs::{self, File, OpenOptions},
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
};
use uuid::Uuid;

use crate::{
    crypto::{self, DataKey, FieldRef},
    db::files::private_folder,
    error::{Error, Result},
    kernel::KeyRing,
};

/// Bytes of a piece, before it is encrypted. The last one is shorter.
const PIECE: usize = 256 * 1024;
/// What a ciphertext is longer than its text, at most.
const MARGIN: usize = 64;

/// Where the files are. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Vault {
    folder: PathBuf,
    keys: KeyRing,
}

impl Vault {
    pub(crate) const fn new(folder: PathBuf, keys: KeyRing) -> Self {
        Self { folder, keys }
    }

    /// Begins a file; one of the same name that was begun and not finished is begun anew. Nobody sees it before it is finished.
    pub async fn create(&self, org: Uuid, id: Uuid) -> Result<Writer> {
        let key = self.keys.current(org).await?;
        let folder = self.folder_of(org);
        for folder in [&self.folder, &folder] {
            private_folder(folder).map_err(Error::internal)?;
        }
        let path = self.path(org, id);
        let part = path.with_extension("part");
        let file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&part).await;
        let file = file.map_err(Error::internal)?;
        Ok(Writer { file, part, path, key, org, id, pieces: 0, waiting: Vec::new(), written: 0 })
    }

    /// Opens a finished file. None when there is none.
    pub async fn open(&self, org: Uuid, id: Uuid) -> Result<Option<Reader>> {
        match File::open(self.path(org, id)).await {
            Ok(file) => {
                Ok(Some(Reader { file: BufReader::new(file), keys: self.keys.clone(), org, id, pieces: 0, ended: false }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::internal(error)),
        }
    }

    /// Deletes a file, finished or not. It may be gone already.
    pub async fn remove(&self, org: Uuid, id: Uuid) -> Result<()> {
        let path = self.path(org, id);
        for path in [path.with_extension("part"), path] {
            gone(fs::remove_file(path).await)?;
        }
        Ok(())
    }

    /// Deletes all files of a company.
    pub async fn remove_all(&self, org: Uuid) -> Result<()> {
        gone(fs::remove_dir_all(self.folder_of(org)).await)
    }

    /// Deletes a folder with all in it that lies beside the vault's own, if there is one.
    pub async fn remove_beside(&self, path: &str) -> Result<()> {
        let beside = self.folder.parent().ok_or_else(|| Error::internal("a vault without a folder around it"))?;
        gone(fs::remove_dir_all(beside.join(path)).await)
    }

    fn folder_of(&self, org: Uuid) -> PathBuf {
        self.folder.join(org.simple().to_string())
    }

    fn path(&self, org: Uuid, id: Uuid) -> PathBuf {
        self.folder_of(org).join(id.simple().to_string()).with_extension("sealed")
    }
}

fn gone(removed: io::Result<()>) -> Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::internal(error)),
        _ => Ok(()),
    }
}

/// A file being written. Dropped before the end, it was never there.
#[derive(Debug)]
pub struct Writer {
    file: File,
    part: PathBuf,
    path: PathBuf,
    key: Arc<DataKey>,
    org: Uuid,
    id: Uuid,
    pieces: u64,
    waiting: Vec<u8>,
    written: u64,
}

impl Writer {
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.waiting.extend_from_slice(bytes);
        self.written += bytes.len() as u64;
        while self.waiting.len() > PIECE {
            let piece: Vec<u8> = self.waiting.drain(..PIECE).collect();
            self.put(&piece, false).await?;
        }
        Ok(())
    }

    /// The file is there, and on disk. Returns how many bytes were written to it.
    pub async fn finish(mut self) -> Result<u64> {
        let last = std::mem::take(&mut self.waiting);
        self.put(&last, true).await?;
        self.file.sync_all().await.map_err(Error::internal)?;
        fs::rename(&self.part, &self.path).await.map_err(Error::internal)?;
        sync_folder(&self.path).await?;
        Ok(self.written)
    }

    async fn put(&mut self, piece: &[u8], is_last: bool) -> Result<()> {
        let sealed = crypto::encrypt(&self.key, place(self.org, self.id, &column(self.pieces, is_last)), piece);
        self.pieces += 1;
        let length = u32::try_from(sealed.len()).map_err(Error::internal)?;
        self.file.write_all(&length.to_be_bytes()).await.map_err(Error::internal)?;
        self.file.write_all(&sealed).await.map_err(Error::internal)
    }
}

/// A rename is on disk when its folder is.
async fn sync_folder(path: &Path) -> Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let folder = File::open(folder).await.map_err(Error::internal)?;
    folder.sync_all().await.map_err(Error::internal)
}

/// A finished file, to read from its beginning.
#[derive(Debug)]
pub struct Reader {
    file: BufReader<File>,
    keys: KeyRing,
    org: Uuid,
    id: Uuid,
    pieces: u64,
    ended: bool,
}

impl Reader {
    /// The next piece; none at the end. Fails where the file was changed or cut.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if self.ended {
            return Ok(None);
        }
        let length = self.file.read_u32().await.map_err(Error::internal)? as usize;
        if length > PIECE + MARGIN {
            return Err(Error::internal("a piece of a file is too long"));
        }
        let mut sealed = vec![0; length];
        self.file.read_exact(&mut sealed).await.map_err(Error::internal)?;
        self.ended = self.file.fill_buf().await.map_err(Error::internal)?.is_empty();
        let key = self.keys.of(self.org, &sealed).await?;
        let column = column(self.pieces, self.ended);
        self.pieces += 1;
        let piece = crypto::decrypt(&key, place(self.org, self.id, &column), &sealed).map_err(Error::internal)?;
        Ok(Some(piece.to_vec()))
    }
}

fn column(number: u64, is_last: bool) -> String {
    format!("{} {number}", if is_last { "last piece" } else { "piece" })
}

const fn place(org: Uuid, id: Uuid, column: &str) -> FieldRef<'_> {
    FieldRef { org, table: "vault", column, row: id }
}
