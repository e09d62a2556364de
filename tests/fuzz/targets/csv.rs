//! Any bytes as an uploaded file: the reader answers with rows as wide as the header or a refusal, whatever the pieces, and
//! what it has read survives being written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use streamflow_client::import::domain::check::Checker;
use streamflow_client::import::domain::mapping::{Mapping, guess, likely_key, likely_mode};
use streamflow_client::import::domain::read::{Reader, Refusal, Row};
use streamflow_client::import::domain::sniff::{Encoding, Format, Sniffer};
use streamflow_client::import::domain::subject::Subject;
use streamflow_kernel::csv;

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = (usize::from(input.0) + 1, input.1);
    let mut sniffer = Sniffer::default();
    bytes.chunks(piece).for_each(|piece| sniffer.push(piece));
    let Ok(format) = sniffer.finish() else { return };
    let read_whole = read(format, bytes, bytes.len().max(1));
    assert_eq!(read(format, bytes, piece), read_whole);
    let Ok((header, rows)) = read_whole else { return };
    assert!(rows.iter().all(|row| row.cells.len() == header.len()));
    for subject in [Subject::Customers, Subject::Leads] {
        check(subject, &header, &rows);
    }
    written_and_read_again(&header, &rows);
});

fn read(format: Format, bytes: &[u8], piece: usize) -> Result<(Vec<String>, Vec<Row>), Refusal> {
    let mut reader = Reader::new(format);
    let mut rows = Vec::new();
    bytes
        .chunks(piece)
        .try_for_each(|piece| reader.push(piece, &mut rows))?;
    reader.finish(&mut rows)?;
    Ok((reader.header().unwrap_or_default().to_vec(), rows))
}

/// Checks must not stumble over any cell.
fn check(subject: Subject, header: &[String], rows: &[Row]) {
    let guessed = guess(subject, header);
    let fields: Vec<String> = guessed.iter().map(|field| (*field).to_owned()).collect();
    let key = likely_key(subject, &guessed);
    let mode = likely_mode(subject, key);
    let Ok(mapping) = Mapping::parse(subject, &fields, header.len(), (mode, key), &[]) else {
        return;
    };
    let mut checker = Checker::new(subject, &mapping, key, &[]);
    for row in rows {
        checker.check(row);
    }
}

fn written_and_read_again(header: &[String], rows: &[Row]) {
    let mut text = csv::BOM.to_owned();
    csv::write_row(&mut text, header);
    // "NULL" and blank rows are read as nothing, so what is written after one reading has settled.
    let settled = |row: &&Row| row.cells.iter().all(|cell| cell != "NULL");
    let kept: Vec<&Row> = rows
        .iter()
        .filter(settled)
        .filter(|row| row.cells.iter().any(|cell| !cell.trim().is_empty()))
        .collect();
    for row in &kept {
        csv::write_row(&mut text, &row.cells);
    }
    let format = Format {
        encoding: Encoding::Utf8,
        delimiter: b',',
    };
    // A header like "sep=;" alone is a note, not a header, the second time as well as the first.
    let Ok((_, again)) = read(format, text.as_bytes(), 4_096) else {
        return;
    };
    if again.len() == kept.len() {
        assert!(
            again
                .iter()
                .zip(&kept)
                .all(|(again, row)| again.cells == row.cells)
        );
    }
}
