//! The audit while there is no database: a file that only grows, one record a line, on disk before the answer, each line tied to
//! the one before by the hash that ties records in the database too (`audit/chain.rs`). Once moved into the database the file is
//! put aside, and the next one goes on where it ended.
//!
//! Processes that share a data folder have a journal each, in the lowest numbered folder that is free. A lock says that it is taken and
//! goes with the process, whatever ended it; what a process left behind is moved by whoever takes its folder, or by one that finds it.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::{
    audit::{AuditRecord, chain::Head},
    db::files::private_folder,
    error::{Error, Result},
};

const NAME: &str = "audit.jsonl";
/// Whoever has locked it has the folder.
const LOCK: &str = "lock";
/// Records that are handed over at once.
const BATCH: usize = 200;

/// A line. The first of a file that follows another has no record: it says where that one ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Line {
    position: i64,
    hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<AuditRecord>,
}

pub struct Journal {
    pages: Arc<Mutex<Pages>>,
    waiting: Arc<AtomicUsize>,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}

struct Pages {
    folder: PathBuf,
    system: &'static str,
    file: File,
    length: u64,
    head: Head,
    /// Not in the database yet, as far as this process knows.
    records: Vec<AuditRecord>,
    /// How many of them were handed over: a way back that broke off goes on there.
    carried: usize,
    /// Let go of last.
    _lock: File,
}

impl Journal {
    /// The first journal below `folder` that no process has. Half a line at its end was never acknowledged and goes. A line that doesn't
    /// fit the one before was altered: it and all after it are put aside, and the log says so.
    pub fn open(folder: &Path, system: &'static str) -> io::Result<Self> {
        let mut number = 1_u32;
        loop {
            let own = folder.join(number.to_string());
            private_folder(&own)?;
            if let Some(lock) = take(&own)? {
                return Self::at(&own, system, lock);
            }
            number += 1;
        }
    }

    /// Those below `folder` that hold records and that no process has any more. They are taken until they are dropped. One that can't be
    /// looked at is told in the log, and holds nothing up.
    pub fn left_behind(folder: &Path, system: &'static str) -> io::Result<Vec<Self>> {
        let mut left = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_name().to_str().is_none_or(|name| name.parse::<u32>().is_err()) {
                continue;
            }
            match Self::left_at(&entry.path(), system) {
                Ok(found) => left.extend(found),
                Err(error) => {
                    tracing::error!(target: "streamflow", %error, folder = %entry.path().display(), "a local audit can't be looked at");
                }
            }
        }
        Ok(left)
    }

    fn left_at(folder: &Path, system: &'static str) -> io::Result<Option<Self>> {
        match take(folder)? {
            Some(lock) if has_records(folder, system)? => Self::at(folder, system, lock).map(Some),
            _ => Ok(None),
        }
    }

    fn at(folder: &Path, system: &'static str, lock: File) -> io::Result<Self> {
        let pages = Pages::open(folder, system, lock)?;
        let waiting = Arc::new(AtomicUsize::new(pages.records.len()));
        Ok(Self { pages: Arc::new(Mutex::new(pages)), waiting })
    }

    /// Records that are not in the database yet.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Returns once the record is on disk. An answer that can't be recorded must not be given.
    pub async fn append(&self, record: AuditRecord) -> Result<()> {
        let mut pages = Arc::clone(&self.pages).lock_owned().await;
        let waiting = Arc::clone(&self.waiting);
        let written = tokio::task::spawn_blocking(move || {
            let written = pages.append(record);
            waiting.store(pages.records.len(), Ordering::Release);
            written
        });
        let written = written.await.map_err(io::Error::other).flatten();
        written.map_err(|error| Error::Unavailable(format!("the local audit file can't be written: {error}")))
    }

    /// The newest records, oldest first.
    pub async fn newest(&self, count: usize) -> Vec<AuditRecord> {
        let pages = self.pages.lock().await;
        pages.records[pages.records.len().saturating_sub(count)..].to_vec()
    }

    /// Hands the waiting records to `take`, some at a time, and puts the file aside once it has them all. Others append while `take` is at
    /// work, which may be for ever. One caller at a time.
    pub async fn carry<F>(&self, mut take: impl FnMut(Vec<AuditRecord>) -> F) -> Result<()>
    where
        F: Future<Output = Result<()>>,
    {
        while let Some(batch) = self.next().await? {
            let count = batch.len();
            take(batch).await?;
            self.pages.lock().await.carried += count;
        }
        Ok(())
    }

    /// What is to be handed over next. None when all was, and the file is put aside.
    async fn next(&self) -> Result<Option<Vec<AuditRecord>>> {
        let mut pages = Arc::clone(&self.pages).lock_owned().await;
        let batch: Vec<AuditRecord> = pages.records.iter().skip(pages.carried).take(BATCH).cloned().collect();
        if !batch.is_empty() {
            return Ok(Some(batch));
        }
        if pages.records.is_empty() {
            return Ok(None);
        }
        let count = pages.records.len();
        let waiting = Arc::clone(&self.waiting);
        let turned = tokio::task::spawn_blocking(move || {
            let turned = pages.turn();
            waiting.store(pages.records.len(), Ordering::Release);
            turned
        });
        turned.await.map_err(io::Error::other).flatten().map_err(Error::internal)?;
        tracing::info!(target: "streamflow", count, "the local audit file was moved into the database");
        Ok(None)
    }
}

impl Pages {
    fn open(folder: &Path, system: &'static str, lock: File) -> io::Result<Self> {
        let path = folder.join(NAME);
        let (next, is_new) = (next_of(folder), !path.exists());
        if is_new && next.exists() {
            // A crash between putting the old file aside and naming the new one.
            fs::rename(&next, &path)?;
        }
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
        let text = fs::read(&path)?;
        let Sound { head, records, length } = sound_part(&text, system);
        if length < text.len() {
            let rest = &text[length..];
            if rest.contains(&b'\n') {
                let aside = folder.join(format!("damaged-after-{}.jsonl", head.position));
                tracing::error!(target: "streamflow", file = %aside.display(), "the local audit file was altered; what can't be trusted is put aside");
                let mut out = OpenOptions::new().create(true).append(true).mode(0o600).open(&aside)?;
                out.write_all(rest)?;
                out.sync_all()?;
            }
            file.set_len(length as u64)?;
            file.sync_all()?;
        }
        sync_folder(folder)?;
        Ok(Self { folder: folder.to_owned(), system, file, length: length as u64, head, records, carried: 0, _lock: lock })
    }

    fn append(&mut self, record: AuditRecord) -> io::Result<()> {
        let head = self.head.after(self.system, &record);
        let written = self.write(&line(head, Some(record.clone()))?);
        if let Err(error) = written {
            // Half a line would make the next one unreadable.
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.head = head;
        self.records.push(record);
        Ok(())
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        self.file.write_all(line)?;
        self.file.sync_all()?;
        self.length += line.len() as u64;
        Ok(())
    }

    /// The next file, which begins where this one ends.
    fn turn(&mut self) -> io::Result<()> {
        let (path, next) = (self.folder.join(NAME), next_of(&self.folder));
        let anchor = line(self.head, None)?;
        let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&next)?;
        file.write_all(&anchor)?;
        file.sync_all()?;
        fs::rename(&path, self.folder.join(format!("moved-{}.jsonl", self.head.position)))?;
        fs::rename(&next, &path)?;
        sync_folder(&self.folder)?;
        self.file = OpenOptions::new().append(true).open(&path)?;
        self.length = anchor.len() as u64;
        self.records.clear();
        self.carried = 0;
        Ok(())
    }
}

/// The lock of a journal's folder, unless another process has it.
fn take(folder: &Path) -> io::Result<Option<File>> {
    let lock = OpenOptions::new().create(true).append(true).mode(0o600).open(folder.join(LOCK))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether anything in there is worth opening.
fn has_records(folder: &Path, system: &str) -> io::Result<bool> {
    match fs::read(folder.join(NAME)) {
        Ok(text) => {
            let sound = sound_part(&text, system);
            Ok(!sound.records.is_empty() || sound.length < text.len())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

struct Sound {
    head: Head,
    records: Vec<AuditRecord>,
    /// Bytes of it.
    length: usize,
}

/// What of a file is whole and fits together.
fn sound_part(text: &[u8], system: &str) -> Sound {
    let mut sound = Sound { head: Head::default(), records: Vec::new(), length: 0 };
    for bytes in text.split_inclusive(|byte| *byte == b'\n') {
        let Some(line) = bytes.strip_suffix(b"\n").and_then(|bytes| serde_json::from_slice::<Line>(bytes).ok()) else { break };
        let Some(hash) = HEXLOWER.decode(line.hash.as_bytes()).ok().and_then(|hash| hash.try_into().ok()) else { break };
        let told = Head { position: line.position, hash };
        match line.record {
            None if sound.length == 0 => sound.head = told,
            Some(record) if sound.head.after(system, &record) == told => {
                sound.head = told;
                sound.records.push(record);
            }
            _ => break,
        }
        sound.length += bytes.len();
    }
    sound
}

fn line(head: Head, record: Option<AuditRecord>) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(&Line { position: head.position, hash: HEXLOWER.encode(&head.hash), record })?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn next_of(folder: &Path) -> PathBuf {
    folder.join("audit.jsonl.next")
}

/// A new name is on disk only when its folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
