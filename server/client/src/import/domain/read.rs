//! Reads the rows of a file as its bytes arrive, in memory that does not grow with the file.

use std::fmt;

use streamflow_kernel::error::Error;

use super::sniff::{Encoding, Format};
use super::{CellProblem, MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_ROW, MAX_ROWS};
use crate::record::input::Problem;
use streamflow_kernel::csv::unguarded;

/// Bytes decoded at once.
const PIECE: usize = 16 * 1024;
/// Bytes between two marks, about: what is read to find one row again.
const MARK_EVERY: usize = 128 * 1024;

/// Why a file can't be read at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    TooLarge,
    TooManyRows,
    TooManyColumns(usize),
    /// The row (0 for the header) that goes on and on.
    RowTooLong(u32),
    NoHeader,
    /// A spreadsheet program's own kind of file.
    Workbook,
    NotText,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => {
                write!(f, "This file is larger than {} MiB. Split it and import the parts.", MAX_BYTES / 1024 / 1024)
            }
            Self::TooManyRows => f.write_str("This file has more than 200,000 rows. Split it and import the parts."),
            Self::TooManyColumns(columns) => {
                write!(f, "This file has {columns} columns; at most {MAX_COLUMNS} can be read. Leave out those you don't need.")
            }
            Self::RowTooLong(0) => f.write_str("The first row is far too long for column names. Is this a CSV file?"),
            Self::RowTooLong(row) => {
                write!(f, "Row {row} is longer than {} KiB. Is a quotation mark missing its partner?", MAX_ROW / 1024)
            }
            Self::NoHeader => f.write_str("The first row has no column names."),
            Self::Workbook => {
                f.write_str("This is an Excel workbook. Save it as CSV in your spreadsheet program, then choose that file.")
            }
            Self::NotText => f.write_str("This is not a text file."),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::invalid("file", refusal.to_string())
    }
}

/// One row of the data with as many cells as the header has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// From 1; the header and blank lines are not counted.
    pub number: u32,
    pub cells: Vec<String>,
    /// What is wrong with its shape or its bytes; what its values mean is checked later.
    pub problems: Vec<CellProblem>,
}

/// A place in a file from which it can be read on as if from its beginning: where a row ends, and its line.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// Bytes before it.
    pub bytes: u64,
    /// Rows before it.
    pub rows: u32,
}

/// Turns bytes into rows, piece by piece.
pub struct Reader {
    encoding: Encoding,
    records: Records,
    header: Option<Vec<String>>,
    bytes: u64,
    rows: u32,
    marks: Vec<Mark>,
    marked: u64,
}

impl Reader {
    pub fn new(format: Format) -> Self {
        let records = Records::new(format);
        Self { encoding: format.encoding, records, header: None, bytes: 0, rows: 0, marks: Vec::new(), marked: 0 }
    }

    /// Reads on from a mark of the same file; `header` is what its reader found.
    pub fn resume(format: Format, header: &[String], mark: &Mark) -> Self {
        Self {
            encoding: format.encoding,
            records: Records::resume(format),
            header: Some(header.to_vec()),
            bytes: mark.bytes,
            rows: mark.rows,
            marks: Vec::new(),
            marked: mark.bytes,
        }
    }

    /// Column names, once the first row has arrived. A column without a name is called by its place.
    pub fn header(&self) -> Option<&[String]> {
        self.header.as_deref()
    }

    /// Rows read so far.
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// Reads the next piece of the file and appends the rows that it completes to `rows`.
    pub fn push(&mut self, piece: &[u8], rows: &mut Vec<Row>) -> Result<(), Refusal> {
        if self.bytes + piece.len() as u64 > MAX_BYTES {
            return Err(Refusal::TooLarge);
        }
        for part in piece.chunks(MARK_EVERY) {
            let (lines, rest) = part.split_at(self.up_to_mark(part));
            self.read(lines, rows)?;
            // A line that ends within quotation marks ends no row.
            if !lines.is_empty() && self.header.is_some() && self.records.is_between() {
                self.marked = self.bytes;
                self.marks.push(Mark { bytes: self.bytes, rows: self.rows });
            }
            self.read(rest, rows)?;
        }
        Ok(())
    }

    /// The marks since this was asked last, in order.
    pub fn take_marks(&mut self) -> Vec<Mark> {
        std::mem::take(&mut self.marks)
    }

    fn read(&mut self, piece: &[u8], rows: &mut Vec<Row>) -> Result<(), Refusal> {
        self.bytes += piece.len() as u64;
        let (header, count) = (&mut self.header, &mut self.rows);
        let result = self.records.push(piece, &mut |record| take(record, header, count, rows));
        self.explained(result)
    }

    /// Bytes of a piece up to the end of its last line, where a mark is due; otherwise none.
    fn up_to_mark(&self, piece: &[u8]) -> usize {
        if self.bytes + (piece.len() as u64) < self.marked + MARK_EVERY as u64 {
            return 0;
        }
        let (width, unit): (usize, &[u8]) = match self.encoding {
            Encoding::Utf8 | Encoding::Latin1 => (1, b"\n"),
            Encoding::Utf16Le => (2, b"\n\0"),
            Encoding::Utf16Be => (2, b"\0\n"),
        };
        // Letters of two bytes begin at even places of the file, whatever pieces it comes in.
        let begin = usize::from(width == 2 && !self.bytes.is_multiple_of(2));
        let units = piece.get(begin..).unwrap_or_default().chunks_exact(width);
        units.rev().position(|letter| letter == unit).map_or(0, |from_end| {
            let whole = (piece.len() - begin) / width;
            begin + (whole - from_end) * width
        })
    }

    /// Reads what the end of the file completes.
    pub fn finish(&mut self, rows: &mut Vec<Row>) -> Result<(), Refusal> {
        let (header, count) = (&mut self.header, &mut self.rows);
        let result = self.records.finish(&mut |record| take(record, header, count, rows));
        self.explained(result)?;
        if self.header.is_none() { Err(Refusal::NoHeader) } else { Ok(()) }
    }

    /// Only here it is known which row was too long.
    fn explained(&self, result: Result<(), Refusal>) -> Result<(), Refusal> {
        result.map_err(|refusal| match refusal {
            Refusal::RowTooLong(_) => Refusal::RowTooLong(if self.header.is_some() { self.rows + 1 } else { 0 }),
            other => other,
        })
    }
}

/// Takes a record for the header or a row.
fn take(record: Vec<String>, header: &mut Option<Vec<String>>, count: &mut u32, rows: &mut Vec<Row>) -> Result<(), Refusal> {
    let Some(header) = header else {
        if !is_separator_line(&record) {
            *header = Some(named_columns(record)?);
        }
        return Ok(());
    };
    if record.iter().all(|cell| cell == "NULL" || unguarded(cell).trim().is_empty()) {
        return Ok(());
    }
    if *count == MAX_ROWS {
        return Err(Refusal::TooManyRows);
    }
    *count += 1;
    rows.push(row(*count, record, header.len()));
    Ok(())
}

/// "sep=;" is a note from one spreadsheet to another, not a row.
fn is_separator_line(record: &[String]) -> bool {
    let first = record.first().map(|cell| cell.to_ascii_lowercase()).unwrap_or_default();
    first.starts_with("sep=") && first.len() <= 5 && record[1..].iter().all(String::is_empty)
}

fn named_columns(record: Vec<String>) -> Result<Vec<String>, Refusal> {
    if record.len() > MAX_COLUMNS {
        return Err(Refusal::TooManyColumns(record.len()));
    }
    if record.iter().all(|name| name.trim().is_empty()) {
        return Err(Refusal::NoHeader);
    }
    let named = record.iter().enumerate().map(|(at, name)| {
        let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() { format!("Column {}", at + 1) } else { name }
    });
    Ok(named.collect())
}

/// Brings a record to the header's width and notes what can't be right.
fn row(number: u32, mut record: Vec<String>, columns: usize) -> Row {
    let mut problems = Vec::new();
    let cells = record.len();
    // Even an empty cell too many is told: a stray separator has moved the cells before it.
    if cells != columns {
        let hint = if cells > columns { " A cell may hold a separator without quotation marks." } else { "" };
        let message =
            format!("This row has {cells} {}; the header has {columns}.{hint}", if cells == 1 { "cell" } else { "cells" });
        problems.push(CellProblem::at(None, Problem::new(message)));
    }
    record.resize(columns, String::new());
    for (column, cell) in record.iter_mut().enumerate() {
        if let Some(problem) = unreadable(cell) {
            problems.push(CellProblem::at(Some(column), problem));
        }
        clean(cell);
    }
    Row { number, cells: record, problems }
}

/// What no cell may hold, whatever it means.
fn unreadable(cell: &str) -> Option<Problem> {
    if cell.len() > MAX_CELL {
        return Some(Problem::new(format!("This cell is longer than {} KiB.", MAX_CELL / 1024)));
    }
    if cell.contains('\0') {
        let kept = cell.replace('\0', "");
        let suggestion = (!kept.trim().is_empty()).then_some(kept);
        return Some(Problem::new("This cell holds a NUL character; the file may be damaged.").suggest(suggestion));
    }
    cell.contains('\u{fffd}').then(|| Problem::new("Some characters of this cell can't be read; the file may be damaged."))
}

/// The literal NULL of database exports is an empty cell; a spreadsheet guard comes off; what is too long is cut for showing.
fn clean(cell: &mut String) {
    if cell == "NULL" {
        cell.clear();
    } else if cell.len() > MAX_CELL {
        *cell = cell.chars().take(200).collect();
    } else if unguarded(cell).len() < cell.len() {
        cell.remove(0);
    }
}

/// Decoding and RFC 4180, without a meaning for the records.
pub(super) struct Records {
    decoder: encoding_rs::Decoder,
    parser: csv_core::Reader,
    /// The record so far: its text, and where each cell ends.
    text: Vec<u8>,
    used: usize,
    ends: Vec<usize>,
    ended: usize,
}

type Sink<'a> = &'a mut dyn FnMut(Vec<String>) -> Result<(), Refusal>;

impl Records {
    pub fn new(format: Format) -> Self {
        Self {
            decoder: format.encoding.codec().new_decoder_with_bom_removal(),
            parser: csv_core::ReaderBuilder::new().delimiter(format.delimiter).build(),
            text: vec![0; 4 * 1024],
            used: 0,
            ends: vec![0; 32],
            ended: 0,
        }
    }

    /// For the middle of a file, where a record begins. The parser itself can't be kept for it: what its copy reads is not the same
    /// (csv-core 0.1.13).
    fn resume(format: Format) -> Self {
        let decoder = format.encoding.codec().new_decoder_without_bom_handling();
        let mut records = Self { decoder, ..Self::new(format) };
        // Only what a parser reads first can be a byte order mark to it; a blank line is nothing else.
        let _ = records.parser.read_record(b"\n", &mut records.text, &mut records.ends);
        records
    }

    /// Between two records: nothing of the next one was read yet.
    const fn is_between(&self) -> bool {
        self.used == 0 && self.ended == 0
    }

    pub fn push(&mut self, piece: &[u8], sink: Sink<'_>) -> Result<(), Refusal> {
        piece.chunks(PIECE).try_for_each(|piece| self.decode(piece, false, sink))
    }

    pub fn finish(&mut self, sink: Sink<'_>) -> Result<(), Refusal> {
        self.decode(&[], true, sink)?;
        // Empty input tells the parser that the last row needs no line end.
        self.parse(&[], sink)
    }

    fn decode(&mut self, piece: &[u8], last: bool, sink: Sink<'_>) -> Result<(), Refusal> {
        let room = self.decoder.max_utf8_buffer_length(piece.len()).unwrap_or(PIECE * 4);
        let mut text = String::with_capacity(room);
        // The room is for the worst case, so one call reads all of the piece.
        let (_, read, _) = self.decoder.decode_to_string(piece, &mut text, last);
        debug_assert_eq!(read, piece.len());
        if text.is_empty() { Ok(()) } else { self.parse(text.as_bytes(), sink) }
    }

    fn parse(&mut self, mut input: &[u8], sink: Sink<'_>) -> Result<(), Refusal> {
        loop {
            let (result, read, wrote, ended) =
                self.parser.read_record(input, &mut self.text[self.used..], &mut self.ends[self.ended..]);
            input = &input[read..];
            self.used += wrote;
            self.ended += ended;
            match result {
                csv_core::ReadRecordResult::InputEmpty | csv_core::ReadRecordResult::End => return Ok(()),
                csv_core::ReadRecordResult::OutputFull if self.text.len() >= MAX_ROW => {
                    return Err(Refusal::RowTooLong(0));
                }
                csv_core::ReadRecordResult::OutputFull => {
                    self.text.resize((self.text.len() * 2).min(MAX_ROW), 0);
                }
                csv_core::ReadRecordResult::OutputEndsFull if self.ends.len() >= MAX_ROW / 8 => {
                    return Err(Refusal::RowTooLong(0));
                }
                csv_core::ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                csv_core::ReadRecordResult::Record => sink(self.take_record())?,
            }
        }
    }

    fn take_record(&mut self) -> Vec<String> {
        let mut start = 0;
        let cells = self.ends[..self.ended].iter().map(|end| {
            let cell = String::from_utf8_lossy(&self.text[start..*end]).into_owned();
            start = *end;
            cell
        });
        let record = cells.collect();
        self.used = 0;
        self.ended = 0;
        record
    }
}

#[cfg(test)]
mod tests;
