//! The archive itself: a ZIP file with one file of JSON lines for each table, the people, and a manifest that counts and hashes them all.
//! It goes to the vault as it grows, so that no more than a page of rows is in memory.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::{
    io::{self, Write},
    sync::Arc,
};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use parking_lot::Mutex;
use sea_orm::FromQueryResult;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use streamflow_kernel::{
    crypto::{self, FieldRef},
    db::Scope,
    error::{Error, Result},
    kernel::Kernel,
    vault::{Place, Reader, Writer},
};
use uuid::Uuid;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions, write::StreamWriter};

use super::{
    domain::{self, LEFT_OUT, OPENED},
    job,
    table::Table,
};
use crate::attachment;

/// What a file of the archive holds.
#[derive(Clone, Debug, Serialize)]
struct Entry {
    name: String,
    rows: u64,
    bytes: u64,
    sha256: String,
}

/// How far an archive has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    pub tables_done: usize,
    pub rows: u64,
}

/// Files there will be beside the manifest.
pub fn files() -> usize {
    domain::kept().count() + 2
}

/// Writes the archive of a company and tells of each file that is finished. The company goes on meanwhile: a row that is written while
/// its table is read may be in it or not.
pub async fn write(kernel: &Kernel, org: Uuid, id: Uuid, out: Writer) -> Result<u64> {
    let mut archive = Archive::new(out);
    let begun = kernel.clock.now();
    let mut progress = Progress::default();
    for name in std::iter::once("orgs").chain(domain::kept()) {
        let rows = rows(kernel, org, name, &mut archive).await?;
        progress = Progress { tables_done: progress.tables_done + 1, rows: progress.rows + rows };
        job::note(kernel, org, id, progress).await?;
    }
    let flaws = files_of(kernel, org, &mut archive).await?;
    progress.rows += people(kernel, org, &mut archive).await?;
    progress.tables_done += 1;
    job::note(kernel, org, id, progress).await?;
    let left_out: Vec<_> =
        LEFT_OUT.iter().map(|left| json!({ "table": left.table, "column": left.column, "why": left.why })).collect();
    let opened: Vec<_> = OPENED.iter().map(|(table, _, columns)| json!({ "table": table, "columns": columns })).collect();
    let manifest = json!({
        "format": "streamflow-export/1",
        "organisation": org,
        "begun_at": begun,
        "ended_at": kernel.clock.now(),
        "files": archive.entries,
        "left_out": left_out,
        "decrypted": opened,
        "damaged": flaws.damaged,
        "missing": flaws.missing,
        "notes": [
            "Each file under tables/ has one JSON object a line, a row of the table of that name.",
            "Fields named under decrypted are encrypted in the database and in the clear here: keep this file safe.",
            "Bytes are written in hexadecimal digits.",
            "Files of attachments are in files/, each by the id that tables/attachments.jsonl names it by.",
            "Of files whose ids are under damaged only the beginning could be read, or nothing; those under missing were not there.",
        ],
    });
    archive.begin("manifest.json")?;
    archive.add(format!("{manifest:#}\n")).await?;
    archive.finish().await
}

async fn rows(kernel: &Kernel, org: Uuid, name: &'static str, archive: &mut Archive) -> Result<u64> {
    let table = Table::look(&kernel.database, name).await?;
    archive.begin(&format!("tables/{name}.jsonl"))?;
    let (mut rows, mut after) = (0, None::<Vec<String>>);
    loop {
        let tx = kernel.database.tenant_read(Scope::whole(org)).await?;
        let (lines, next) = table.page(&tx, after.as_deref()).await?;
        // Keys are read on a connection of their own; holding two at once could use the pool up.
        drop(tx);
        rows += lines.len() as u64;
        for line in lines {
            archive.add(opened(kernel, org, name, line).await?).await?;
            archive.add("\n").await?;
        }
        after = match next {
            Some(next) => Some(next),
            None => break,
        };
    }
    archive.end(rows);
    Ok(rows)
}

/// The line with its encrypted fields in the clear.
async fn opened(kernel: &Kernel, org: Uuid, name: &str, line: String) -> Result<String> {
    let Some((table, id, columns)) = OPENED.iter().find(|(table, ..)| *table == name) else { return Ok(line) };
    let mut row: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&line).map_err(Error::internal)?;
    let row_id = row.get(*id).and_then(serde_json::Value::as_str).unwrap_or_default();
    let row_id = Uuid::parse_str(row_id).map_err(Error::internal)?;
    for column in *columns {
        let digits = row.get(*column).and_then(serde_json::Value::as_str).unwrap_or_default();
        let sealed = HEXLOWER_PERMISSIVE.decode(digits.trim_start_matches("\\x").as_bytes()).map_err(Error::internal)?;
        let text = if sealed.is_empty() {
            String::new()
        } else {
            let key = kernel.keys.of(org, &sealed).await?;
            let place = FieldRef { org, table, column, row: row_id };
            let text = crypto::decrypt(&key, place, &sealed).map_err(Error::internal)?;
            String::from_utf8(text.to_vec()).map_err(Error::internal)?
        };
        row.insert((*column).to_owned(), text.into());
    }
    serde_json::to_string(&row).map_err(Error::internal)
}

/// Files that an archive should have and has not, or not whole, by their ids.
#[derive(Default)]
struct Flaws {
    damaged: Vec<Uuid>,
    missing: Vec<Uuid>,
}

/// The files that can be downloaded. One that is deleted meanwhile is left out; one that can't be read must not keep all the rest.
async fn files_of(kernel: &Kernel, org: Uuid, archive: &mut Archive) -> Result<Flaws> {
    let (mut flaws, mut after) = (Flaws::default(), Uuid::nil());
    loop {
        let tx = kernel.database.tenant_read(Scope::whole(org)).await?;
        let page = attachment::store::ready_after(&tx, after).await?;
        drop(tx);
        let Some(last) = page.last() else { return Ok(flaws) };
        after = last.id;
        for row in page {
            let Some(place) = row.in_vault() else { continue };
            let Some(mut file) = kernel.vault.open(&place).await? else {
                let tx = kernel.database.tenant_read(Scope::whole(org)).await?;
                if attachment::store::is_shown(&tx, row.id).await? {
                    tracing::error!(%org, id = %row.id, "a file is not in the vault, and not in an export either");
                    flaws.missing.push(row.id);
                }
                continue;
            };
            archive.begin(&format!("files/{}-{}", row.id, row.name))?;
            if let Err(error) = copy(&mut file, archive).await? {
                // What can be read a moment later is whole: then the export is begun anew.
                if is_whole(kernel, &place).await? {
                    return Err(error);
                }
                tracing::error!(?error, %org, id = %row.id, "a file is damaged, and so is what an export holds of it");
                flaws.damaged.push(row.id);
            }
            archive.end(1);
        }
    }
}

/// The file, or what of it can be read and why no more can; fails where the archive can't be written.
async fn copy(file: &mut Reader, archive: &mut Archive) -> Result<Result<()>> {
    loop {
        match file.next().await {
            Ok(Some(piece)) => archive.add(&piece).await?,
            Ok(None) => return Ok(Ok(())),
            Err(error) => return Ok(Err(error)),
        }
    }
}

async fn is_whole(kernel: &Kernel, place: &Place) -> Result<bool> {
    let Some(mut file) = kernel.vault.open(place).await? else { return Ok(false) };
    loop {
        match file.next().await {
            Ok(Some(_)) => {}
            ended => return Ok(ended.is_ok()),
        }
    }
}

/// The company's people: their accounts belong to no company, so there is no table of the company's own with their names.
async fn people(kernel: &Kernel, org: Uuid, archive: &mut Archive) -> Result<u64> {
    #[derive(FromQueryResult)]
    struct Person {
        id: Uuid,
        email: String,
        display_name: String,
    }
    archive.begin("people.jsonl")?;
    let (mut rows, mut after) = (0, Uuid::nil());
    loop {
        let sql = "SELECT u.id, u.email, u.display_name FROM users u JOIN memberships m ON m.user_id = u.id \
                   WHERE m.org_id = ? AND u.id > ? ORDER BY u.id LIMIT 500";
        let page: Vec<Person> = kernel.database.system_read().await?.query(sql, vec![org.into(), after.into()]).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        rows += page.len() as u64;
        for person in page {
            let line = json!({ "id": person.id, "email": person.email, "display_name": person.display_name });
            archive.add(format!("{line}\n")).await?;
        }
    }
    archive.end(rows);
    Ok(rows)
}

/// Where the ZIP writer puts its bytes until they go to the vault.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Archive {
    zip: ZipWriter<StreamWriter<Sink>>,
    sink: Sink,
    out: Writer,
    entries: Vec<Entry>,
    /// Of the file being written.
    name: String,
    bytes: u64,
    hash: Sha256,
}

impl Archive {
    fn new(out: Writer) -> Self {
        let sink = Sink::default();
        let zip = ZipWriter::new_stream(sink.clone());
        Self { zip, sink, out, entries: Vec::new(), name: String::new(), bytes: 0, hash: Sha256::new() }
    }

    fn begin(&mut self, name: &str) -> Result<()> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
        self.zip.start_file(name, options).map_err(Error::internal)?;
        name.clone_into(&mut self.name);
        (self.bytes, self.hash) = (0, Sha256::new());
        Ok(())
    }

    async fn add(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        let bytes = bytes.as_ref();
        self.zip.write_all(bytes).map_err(Error::internal)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.pass_on().await
    }

    fn end(&mut self, rows: u64) {
        let sha256 = HEXLOWER.encode(&std::mem::take(&mut self.hash).finalize());
        self.entries.push(Entry { name: std::mem::take(&mut self.name), rows, bytes: self.bytes, sha256 });
    }

    async fn pass_on(&mut self) -> Result<()> {
        let bytes = std::mem::take(&mut *self.sink.0.lock());
        if bytes.is_empty() { Ok(()) } else { self.out.write(&bytes).await }
    }

    /// Returns the size of the archive.
    async fn finish(self) -> Result<u64> {
        let Self { zip, sink, mut out, .. } = self;
        zip.finish().map_err(Error::internal)?;
        let bytes = std::mem::take(&mut *sink.0.lock());
        out.write(&bytes).await?;
        out.finish().await
    }
}
