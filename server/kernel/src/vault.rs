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

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use tokio::{
    fs::{self, File, OpenOptions},
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
};
use uuid::Uuid;

use crate::{
    crypto::{self, DataKey, FieldRef},
    db::files::private_folder,
    error::{Error, Result},
    ids::random_bytes,
    kernel::KeyRing,
};

/// Bytes of a piece, before it is encrypted. The last one is shorter.
const PIECE: usize = 256 * 1024;
/// How the name of a file ends that is not finished.
const DRAFT: &str = "part";
/// What a ciphertext is longer than its text, at most.
const MARGIN: usize = 64;

/// How much of people's own files a system takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of all files of a company.
    pub company: u64,
    /// Files of one record.
    pub record: u32,
}

/// A file of a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub org: Uuid,
    /// What its pieces are bound to, wherever it lies: never that of another file.
    pub id: Uuid,
    /// Below the vault's folder: plain names, parted by slashes.
    pub path: String,
}

/// Where the files are. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Vault {
    folder: PathBuf,
    keys: KeyRing,
    bounds: Bounds,
}

impl Vault {
    pub(crate) const fn new(folder: PathBuf, keys: KeyRing, bounds: Bounds) -> Self {
        Self { folder, keys, bounds }
    }

    pub const fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Begins a file. Nobody sees it before it is finished. Whoever has begun one at the same place and not finished it, in this process or
    /// another one, can't finish it any more: each writes a draft of its own, and this deletes those of others.
    pub async fn create(&self, place: &Place) -> Result<Writer> {
        let key = self.keys.current(place.org).await?;
        let path = self.folder.join(&place.path);
        self.make_way(&place.path)?;
        for left in drafts(&path).await? {
            gone(fs::remove_file(left).await)?;
        }
        let part = path.with_extension(format!("{}.{DRAFT}", HEXLOWER.encode(&random_bytes::<8>())));
        let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&part).await;
        let file = file.map_err(Error::internal)?;
        let (root, org, id) = (self.folder.clone(), place.org, place.id);
        Ok(Writer { file, root, part, path, key, org, id, pieces: 0, waiting: Vec::new(), written: 0, is_finished: false })
    }

    /// Opens a finished file. None when there is none.
    pub async fn open(&self, place: &Place) -> Result<Option<Reader>> {
        match File::open(self.folder.join(&place.path)).await {
            Ok(file) => {
                let Place { org, id, .. } = *place;
                Ok(Some(Reader { file: BufReader::new(file), keys: self.keys.clone(), org, id, pieces: 0, ended: false }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::internal(error)),
        }
    }

    /// Name of the storage that a folder of the vault is on, which processes that share it read there. It is made where there is none:
    /// `fresh` is for that.
    pub async fn storage(&self, folder: &str, fresh: Uuid) -> Result<String> {
        let name = format!("{folder}/storage");
        let file = self.folder.join(&name);
        if !fs::try_exists(&file).await.map_err(Error::internal)? {
            self.make_way(&name)?;
            let draft = file.with_extension(fresh.simple().to_string());
            let mut out =
                OpenOptions::new().create_new(true).write(true).mode(0o600).open(&draft).await.map_err(Error::internal)?;
            out.write_all(fresh.simple().to_string().as_bytes()).await.map_err(Error::internal)?;
            out.flush().await.map_err(Error::internal)?;
            out.sync_all().await.map_err(Error::internal)?;
            fs::rename(&draft, &file).await.map_err(Error::internal)?;
            sync_way(&self.folder, &file).await?;
        }
        fs::read_to_string(&file).await.map_err(Error::internal)
    }

    /// Moves a finished file, durably. Again is harmless; false when it is at neither place.
    pub async fn rename(&self, from: &str, to: &str) -> Result<bool> {
        self.make_way(to)?;
        let (from, to) = (self.folder.join(from), self.folder.join(to));
        match fs::rename(&from, &to).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if !fs::try_exists(&to).await.map_err(Error::internal)? {
                    return Ok(false);
                }
            }
            moved => moved.map_err(Error::internal)?,
        }
        // Also when an earlier try has moved it: that one may have ended before this.
        sync_way(&self.folder, &to).await?;
        Ok(true)
    }

    /// Deletes a file, finished or not. It may be gone already.
    pub async fn remove(&self, path: &str) -> Result<()> {
        let path = self.folder.join(path);
        for draft in drafts(&path).await? {
            gone(fs::remove_file(draft).await)?;
        }
        gone(fs::remove_file(path).await)
    }

    /// Deletes a folder with all files in it.
    pub async fn remove_folder(&self, path: &str) -> Result<()> {
        gone(fs::remove_dir_all(self.folder.join(path)).await)
    }

    /// Deletes what lies two folders below `path` and was not touched since. Returns how many folders went.
    pub async fn sweep(&self, path: &str, since: DateTime<Utc>) -> Result<u64> {
        let mut swept = 0;
        for company in subfolders(&self.folder.join(path)).await? {
            for folder in subfolders(&company).await? {
                let touched = match fs::metadata(&folder).await.and_then(|found| found.modified()) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    touched => touched.map_err(Error::internal)?,
                };
                if DateTime::<Utc>::from(touched) < since {
                    gone(fs::remove_dir_all(&folder).await)?;
                    swept += 1;
                }
            }
        }
        Ok(swept)
    }

    /// Makes the folders that lead to a file.
    fn make_way(&self, path: &str) -> Result<()> {
        let mut folder = self.folder.clone();
        private_folder(&folder).map_err(Error::internal)?;
        for name in Path::new(path).parent().into_iter().flat_map(Path::components) {
            folder.push(name);
            private_folder(&folder).map_err(Error::internal)?;
        }
        Ok(())
    }
}

/// Files that were begun for this place and not finished.
async fn drafts(path: &Path) -> Result<Vec<PathBuf>> {
    let folder = path.parent().unwrap_or(path);
    let mut entries = match fs::read_dir(folder).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::internal)?,
    };
    let mut found = Vec::new();
    while let Some(entry) = entries.next_entry().await.map_err(Error::internal)? {
        let draft = entry.path();
        if draft.extension().is_some_and(|end| end == DRAFT)
            && draft.file_stem().map(Path::new).and_then(Path::file_stem) == path.file_stem()
        {
            found.push(draft);
        }
    }
    Ok(found)
}

/// None where the folder itself is missing.
async fn subfolders(path: &Path) -> Result<Vec<PathBuf>> {
    let mut entries = match fs::read_dir(path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::internal)?,
    };
    let mut found = Vec::new();
    while let Some(entry) = entries.next_entry().await.map_err(Error::internal)? {
        if entry.file_type().await.is_ok_and(|kind| kind.is_dir()) {
            found.push(entry.path());
        }
    }
    Ok(found)
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
    /// The vault's folder.
    root: PathBuf,
    part: PathBuf,
    path: PathBuf,
    key: Arc<DataKey>,
    org: Uuid,
    id: Uuid,
    pieces: u64,
    waiting: Vec<u8>,
    written: u64,
    is_finished: bool,
}

impl Drop for Writer {
    fn drop(&mut self) {
        // What can't be deleted is begun anew, or goes with its folder.
        if !self.is_finished
            && let Err(error) = std::fs::remove_file(&self.part)
        {
            tracing::warn!(%error, "a file that was given up is still there");
        }
    }
}

impl Writer {
    /// Adds bytes, any number. They are encrypted and written 256 KiB at a time, so that one piece at most waits in memory. Fails when the
    /// disk takes nothing more; the file is then to be given up.
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
        // Writes go on in the background; only this tells how the last one ended.
        self.file.flush().await.map_err(Error::internal)?;
        self.file.sync_all().await.map_err(Error::internal)?;
        fs::rename(&self.part, &self.path).await.map_err(Error::internal)?;
        self.is_finished = true;
        sync_way(&self.root, &self.path).await?;
        Ok(self.written)
    }

    async fn put(&mut self, piece: &[u8], is_last: bool) -> Result<()> {
        let sealed = crypto::encrypt(&self.key, place(self.org, self.id, &column(self.pieces, is_last)), piece);
        self.pieces += 1;
        let length = u32::try_from(sealed.len()).map_err(Error::internal)?;
        let piece = [&length.to_be_bytes()[..], &sealed].concat();
        self.file.write_all(&piece).await.map_err(Error::internal)
    }
}

/// A rename is on disk when its folder is, and that when its own is, up to the vault's: any of them may be new.
async fn sync_way(root: &Path, path: &Path) -> Result<()> {
    for folder in path.ancestors().skip(1).take_while(|folder| folder.starts_with(root)) {
        let folder = File::open(folder).await.map_err(Error::internal)?;
        folder.sync_all().await.map_err(Error::internal)?;
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(root: &Path, file: std::fs::File) -> Writer {
        Writer {
            file: File::from_std(file),
            root: root.to_owned(),
            part: root.join("a/b.part"),
            path: root.join("a/b.sealed"),
            key: Arc::new(DataKey::generate(1)),
            org: Uuid::from_u128(1),
            id: Uuid::from_u128(2),
            pieces: 0,
            waiting: Vec::new(),
            written: 0,
            is_finished: false,
        }
    }

    /// A file that takes no writes stands for a disk that is full: both tell it when the bytes go out, and not when the file is synced.
    #[tokio::test]
    async fn a_last_write_that_fails_is_told_and_the_file_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        let part = folder.path().join("a/b.part");
        for takes_writes in [false, true] {
            std::fs::write(&part, "").unwrap();
            let file = std::fs::OpenOptions::new().read(true).write(takes_writes).open(&part).unwrap();
            let mut writer = writer(folder.path(), file);
            writer.write(b"Rotkehlchen").await.unwrap();
            assert_eq!(writer.finish().await.is_ok(), takes_writes);
            assert_eq!((folder.path().join("a/b.sealed").exists(), part.exists()), (takes_writes, false));
        }
    }
}
