//! What reads strangers' bytes, and what must hold whatever they are. The fuzz targets in `tests/fuzz` and the short runs among the
//! API tests are the same bodies, so that what they call can't change without them.

use streamflow_client::{
    import::domain::{
        check::Checker,
        mapping::{Mapping, guess, likely_key, likely_mode},
        read::{Reader, Refusal, Row},
        sniff::{Encoding, Format, Sniffer},
        subject::Subject,
    },
    passkey::webauthn::{Answer, Ceremony, ClientData, Credential, NewCredential, RelyingParty},
};
use streamflow_kernel::{
    csv as written,
    list::filter::{FieldSpec, Kind, parse, resolve},
};

const FIELDS: [FieldSpec; 7] = [
    FieldSpec::new("name", Kind::Text),
    FieldSpec::new("owner_id", Kind::Uuid("usr_")),
    FieldSpec::new("created_at", Kind::Timestamp),
    FieldSpec::new("follow_up_on", Kind::Date),
    FieldSpec::new("archived", Kind::Bool),
    FieldSpec::new("number", Kind::Number),
    FieldSpec::new("kind", Kind::Enum(&["business", "person"])),
];

/// Any text as a list's filter: terms or an error with its place, and terms that can be typed by their fields or refused in words.
pub fn filter(text: &str) {
    match parse(text) {
        Ok(terms) => match resolve(&terms, &FIELDS, &|_| None) {
            Ok(conditions) => assert!(conditions.len() >= terms.len()),
            Err(problems) => assert!(problems.iter().all(|problem| !problem.is_empty())),
        },
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Any bytes as what a browser answers with: no answer to a sign-in is right that nobody signed, and what is kept of a new passkey can be
/// read again.
pub fn passkey(bytes: &[u8]) {
    let party = RelyingParty::of("http://localhost:7001").expect("a host with a name");
    if let Ok(data) = ClientData::read(bytes) {
        let _ = (data.challenge(), data.check(Ceremony::SignIn, &party));
    }
    let made = NewCredential::read(bytes, bytes, &party);
    let public_key = made.as_ref().map_or_else(|_| bytes.to_vec(), |made| made.public_key.clone());
    let credential = Credential { user_handle: Vec::new(), public_key, sign_count: 0, backup_eligible: false };
    let answer = Answer { client_data_json: bytes, authenticator_data: bytes, signature: bytes, user_handle: &[] };
    assert!(credential.verify(answer, &party).is_err());
    assert!(made.is_err() || made.is_ok_and(|made| (1..1024).contains(&made.id.len())));
}

/// Any bytes as an uploaded file that arrives in pieces of `piece` bytes: the reader answers with rows as wide as the header or a
/// refusal, whatever the pieces, and what it has read survives being written and read again.
pub fn csv(piece: usize, bytes: &[u8]) {
    let mut sniffer = Sniffer::default();
    bytes.chunks(piece).for_each(|piece| sniffer.push(piece));
    let Ok(format) = sniffer.finish() else { return };
    let whole = read(format, bytes, bytes.len().max(1));
    assert_eq!(read(format, bytes, piece), whole);
    let Ok((header, rows)) = whole else { return };
    assert!(rows.iter().all(|row| row.cells.len() == header.len()));
    for subject in [Subject::Customers, Subject::Leads] {
        check(subject, &header, &rows);
    }
    write_and_read_again(&header, &rows);
}

fn read(format: Format, bytes: &[u8], piece: usize) -> Result<(Vec<String>, Vec<Row>), Refusal> {
    let mut reader = Reader::new(format);
    let mut rows = Vec::new();
    bytes.chunks(piece).try_for_each(|piece| reader.push(piece, &mut rows))?;
    reader.finish(&mut rows)?;
    Ok((reader.header().unwrap_or_default().to_vec(), rows))
}

/// Checks must not stumble over any cell.
fn check(subject: Subject, header: &[String], rows: &[Row]) {
    let guessed = guess(subject, header);
    let fields: Vec<String> = guessed.iter().map(|field| (*field).to_owned()).collect();
    let key = likely_key(subject, &guessed);
    let mode = likely_mode(subject, key);
    let Ok(mapping) = Mapping::parse(subject, &fields, header.len(), (mode, key), &[]) else { return };
    let mut checker = Checker::new(subject, &mapping, key, &[]);
    for row in rows {
        checker.check(row);
    }
}

fn write_and_read_again(header: &[String], rows: &[Row]) {
    let mut text = written::BOM.to_owned();
    written::write_row(&mut text, header);
    // "NULL" and blank rows are read as nothing, so what is written after one reading has settled.
    let is_settled =
        |row: &&Row| row.cells.iter().all(|cell| cell != "NULL") && row.cells.iter().any(|cell| !cell.trim().is_empty());
    let kept: Vec<&Row> = rows.iter().filter(is_settled).collect();
    for row in &kept {
        written::write_row(&mut text, &row.cells);
    }
    let format = Format { encoding: Encoding::Utf8, delimiter: b',' };
    // A header like "sep=;" alone is a note, not a header, the second time as well as the first.
    let Ok((_, again)) = read(format, text.as_bytes(), 4_096) else { return };
    if again.len() == kept.len() {
        assert!(again.iter().zip(&kept).all(|(again, row)| again.cells == row.cells));
    }
}
