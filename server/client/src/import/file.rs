//! Reads the uploaded file of an import, a few rows at a time.

use std::collections::VecDeque;

use streamflow_kernel::{
    db::OrgReader,
    error::{Error, Result},
};
use uuid::Uuid;

use super::{
    chunks,
    domain::{
        Fixes, Key, Mode,
        check::{Checker, ImportedRow},
        decide::Rules,
        mapping::Mapping,
        read::{Reader, Row},
        sniff::{Format, Sniffer},
        subject::Subject,
    },
    store::Model,
};
use crate::custom_field;

/// Where the pieces of a file lie.
#[derive(Clone, Debug)]
pub struct Source {
    pub org: OrgReader,
    pub import_id: Uuid,
}

impl Source {
    /// The piece at `offset`; none at the end. Each is a transaction of its own: reading a file takes a while, and a snapshot kept
    /// open that long would keep the database from tidying up.
    async fn chunk(&self, offset: i64) -> Result<Option<Vec<u8>>> {
        let db = self.org.read().await?;
        chunks::chunk(&db, self.import_id, offset).await
    }

    /// The fields the company has made for what the file holds, those put away among them.
    pub async fn customs(&self, subject: Subject) -> Result<Vec<custom_field::store::Model>> {
        custom_field::store::fields(&self.org.read().await?, Some(subject.kind())).await
    }

    /// Looks at the whole file and tells how it is written.
    pub async fn sniff(&self) -> Result<Format> {
        let mut sniffer = Sniffer::default();
        let mut offset = 0;
        while let Some(piece) = self.chunk(offset).await? {
            offset += i64::try_from(piece.len()).map_err(Error::internal)?;
            sniffer.push(&piece);
            tokio::task::yield_now().await;
        }
        Ok(sniffer.finish()?)
    }
}

/// The rows of a file, in order.
pub struct File {
    source: Source,
    reader: Reader,
    offset: i64,
    ended: bool,
    rows: VecDeque<Row>,
}

impl File {
    pub fn open(source: Source, format: Format) -> Self {
        Self { source, reader: Reader::new(format), offset: 0, ended: false, rows: VecDeque::new() }
    }

    /// Column names; known after the first rows were read.
    pub fn header(&self) -> &[String] {
        self.reader.header().unwrap_or_default()
    }

    /// The next rows, at most `most`; none at the end. Fails when the file can't be read on.
    pub async fn next(&mut self, most: usize) -> Result<Vec<Row>> {
        while self.rows.len() < most && !self.ended {
            let mut rows = Vec::new();
            if let Some(piece) = self.source.chunk(self.offset).await? {
                self.offset += i64::try_from(piece.len()).map_err(Error::internal)?;
                self.reader.push(&piece, &mut rows)?;
            } else {
                self.ended = true;
                self.reader.finish(&mut rows)?;
            }
            self.rows.extend(rows);
            tokio::task::yield_now().await;
        }
        let count = self.rows.len().min(most);
        Ok(self.rows.drain(..count).collect())
    }
}

/// How the rows of an import are to be read and decided, as people set it.
#[derive(Clone, Debug)]
pub struct Setup {
    pub subject: Subject,
    pub format: Format,
    pub mode: Mode,
    pub key: Option<Key>,
    pub mapping: Mapping,
    pub fixes: Fixes,
    /// The company's own fields.
    pub customs: Vec<custom_field::store::Model>,
}

impl Setup {
    pub fn rules(&self) -> Rules<'_> {
        Rules { subject: self.subject, mode: self.mode, key: self.key, mapping: &self.mapping, customs: &self.customs }
    }

    /// Fields that were put away since they were chosen go on to be filled.
    pub async fn load(source: &Source, import: &Model) -> Result<Self> {
        Self::of(import, source.customs(import.subject()).await?)
    }

    pub fn of(import: &Model, customs: Vec<custom_field::store::Model>) -> Result<Self> {
        let fields = import.mapping();
        let (subject, mode, key) = (import.subject(), import.mode(), import.key());
        let mapping = Mapping::parse(subject, &fields, fields.len(), (mode, key), &customs)?;
        Ok(Self { subject, format: format_of(import)?, mode, key, mapping, fixes: import.fixes(), customs })
    }
}

pub fn format_of(import: &Model) -> Result<Format> {
    let format = Format::from_stored(&import.encoding, &import.delimiter);
    format.ok_or_else(|| Error::internal("an import without its format"))
}

/// A row with its corrections, and what it means; nothing when it was dropped.
pub struct Item {
    pub row: Row,
    pub meant: Option<ImportedRow>,
}

/// Reads and checks a file from its first row on, which finds keys that come twice.
pub struct Walk<'a> {
    file: File,
    setup: &'a Setup,
    checker: Checker<'a>,
}

impl<'a> Walk<'a> {
    pub fn new(source: Source, setup: &'a Setup) -> Self {
        let checker = Checker::new(setup.subject, &setup.mapping, setup.key, &setup.customs);
        Self { file: File::open(source, setup.format), setup, checker }
    }

    pub fn header(&self) -> &[String] {
        self.file.header()
    }

    /// The next rows, at most `most`; none at the end.
    pub async fn next(&mut self, most: usize) -> Result<Vec<Item>> {
        let mut rows = self.file.next(most).await?;
        let items = rows.drain(..).map(|mut row| {
            self.setup.fixes.apply(&mut row);
            let dropped = self.setup.fixes.is_dropped(row.number);
            let meant = (!dropped).then(|| self.checker.check(&row));
            Item { row, meant }
        });
        Ok(items.collect())
    }
}
