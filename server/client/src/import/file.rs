//! Reads the uploaded file of an import, a few rows at a time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

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
        keys::{Hasher, Keys},
        mapping::Mapping,
        read::{Mark, Reader, Row},
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

/// Where the rows of a file are to be found again.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    pub header: Vec<String>,
    places: Vec<Place>,
}

/// A mark, and the offset of the piece that it is in or at the end of.
#[derive(Clone, Debug)]
struct Place {
    piece: i64,
    mark: Mark,
}

impl Layout {
    /// The last place before a row; none for those before the first.
    fn before(&self, row: u32) -> Option<&Place> {
        self.places[..self.places.partition_point(|place| place.mark.rows < row)].last()
    }
}

/// The rows of a file, in order.
pub struct File {
    source: Source,
    reader: Reader,
    offset: i64,
    /// Bytes of the next piece that lie before the place the file was opened at.
    skipped: usize,
    ended: bool,
    rows: VecDeque<Row>,
    /// Rows given out, or before the place it was opened at.
    given: u32,
    places: Vec<Place>,
}

impl File {
    pub fn open(source: Source, format: Format) -> Self {
        Self::begin(source, Reader::new(format), 0)
    }

    fn open_at(source: Source, format: Format, header: &[String], place: &Place) -> Result<Self> {
        let reader = Reader::resume(format, header, &place.mark);
        let offset = u64::try_from(place.piece).map_err(Error::internal)?;
        let skipped = usize::try_from(place.mark.bytes - offset).map_err(Error::internal)?;
        Ok(Self { skipped, given: place.mark.rows, ..Self::begin(source, reader, place.piece) })
    }

    fn begin(source: Source, reader: Reader, offset: i64) -> Self {
        let rows = VecDeque::new();
        Self { source, reader, offset, skipped: 0, ended: false, rows, given: 0, places: Vec::new() }
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
                let begin = self.offset;
                self.offset += i64::try_from(piece.len()).map_err(Error::internal)?;
                let unread = piece.get(std::mem::take(&mut self.skipped)..).unwrap_or_default();
                self.reader.push(unread, &mut rows)?;
                self.places.extend(self.reader.take_marks().into_iter().map(|mark| Place { piece: begin, mark }));
            } else {
                self.ended = true;
                self.reader.finish(&mut rows)?;
            }
            self.rows.extend(rows);
            tokio::task::yield_now().await;
        }
        let rows: Vec<Row> = self.rows.drain(..self.rows.len().min(most)).collect();
        if let Some(last) = rows.last() {
            self.given = last.number;
        }
        Ok(rows)
    }

    /// Where its rows are; complete at its end.
    pub fn into_layout(self) -> Layout {
        Layout { header: self.header().to_vec(), places: self.places }
    }
}

/// These rows of a file whose layout is known: of the rest no more is read than lies between them and the places before them.
async fn rows(source: &Source, format: Format, layout: &Layout, wanted: &BTreeSet<u32>) -> Result<Vec<Row>> {
    let mut found = Vec::with_capacity(wanted.len());
    let mut file = File::open(source.clone(), format);
    for number in wanted {
        if let Some(place) = layout.before(*number)
            && place.mark.rows > file.given
        {
            file = File::open_at(source.clone(), format, &layout.header, place)?;
        }
        loop {
            let row = file.next(1).await?.pop().ok_or_else(|| Error::internal("a file has lost rows"))?;
            if row.number == *number {
                found.push(row);
                break;
            }
        }
    }
    Ok(found)
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

    pub fn checker(&self) -> Checker<'_> {
        Checker::new(self.subject, &self.mapping, self.key, &self.customs)
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

impl Item {
    fn of(setup: &Setup, mut row: Row, check: impl FnOnce(&Row) -> ImportedRow) -> Self {
        setup.fixes.apply(&mut row);
        let meant = (!setup.fixes.is_dropped(row.number)).then(|| check(&row));
        Self { row, meant }
    }

    /// A dropped row has no keys: others may have them.
    pub fn keys(&self) -> Keys {
        self.meant.as_ref().map(|meant| meant.keys).unwrap_or_default()
    }
}

/// These rows of a file by their numbers, each read by itself.
pub async fn items(
    source: &Source,
    setup: &Setup,
    checker: &Checker<'_>,
    layout: &Layout,
    wanted: &BTreeSet<u32>,
) -> Result<BTreeMap<u32, Item>> {
    let rows = rows(source, setup.format, layout, wanted).await?;
    Ok(rows.into_iter().map(|row| (row.number, Item::of(setup, row, |row| checker.read(row)))).collect())
}

/// Reads and checks a file from its first row on, which finds keys that come twice.
pub struct Walk<'a> {
    file: File,
    setup: &'a Setup,
    checker: Checker<'a>,
}

impl<'a> Walk<'a> {
    pub fn new(source: Source, setup: &'a Setup) -> Self {
        Self { file: File::open(source, setup.format), setup, checker: setup.checker() }
    }

    /// Where the rows are, once all were read, and what hashed their keys.
    pub fn into_parts(self) -> (Layout, Hasher) {
        let hasher = self.checker.hasher().clone();
        (self.file.into_layout(), hasher)
    }

    /// The next rows, at most `most`; none at the end.
    pub async fn next(&mut self, most: usize) -> Result<Vec<Item>> {
        let rows = self.file.next(most).await?;
        Ok(rows.into_iter().map(|row| Item::of(self.setup, row, |row| self.checker.check(row))).collect())
    }
}
