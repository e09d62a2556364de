//! Finds out how a file is written: its encoding from all of its bytes, its delimiter from the first rows.

use streamflow_kernel::error::{Result, Violations};

use super::{MAX_COLUMNS, mapping, read::Refusal, subject::Subject};

/// Bytes from the beginning that are enough to tell the delimiter.
pub const HEAD: usize = 64 * 1024;

/// Delimiters to try when guessing; the first of equals wins.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How an Excel workbook begins, which is a ZIP archive.
const ZIP: &[u8] = b"PK\x03\x04";

/// How the characters of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    /// ISO 8859-1 with Windows' additions, which real files use.
    Latin1,
    /// "Unicode text" of older spreadsheets.
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    /// As stored and as people read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Latin1 => "ISO-8859-1",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Utf8, Self::Latin1, Self::Utf16Le, Self::Utf16Be].into_iter().find(|known| known.name() == name)
    }

    pub(super) const fn codec(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 => encoding_rs::UTF_8,
            Self::Latin1 => encoding_rs::WINDOWS_1252,
            Self::Utf16Le => encoding_rs::UTF_16LE,
            Self::Utf16Be => encoding_rs::UTF_16BE,
        }
    }
}

/// How to read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    pub encoding: Encoding,
    pub delimiter: u8,
}

impl Format {
    /// The delimiter as the message of an import names it.
    pub fn delimiter_text(self) -> String {
        char::from(self.delimiter).to_string()
    }

    /// The format an import was stored with.
    pub fn from_stored(encoding: &str, delimiter: &str) -> Option<Self> {
        Some(Self { encoding: Encoding::from_name(encoding)?, delimiter: known_delimiter(delimiter)? })
    }

    /// With what a person knows better; an empty text keeps what was found out.
    pub fn corrected(mut self, encoding: &str, delimiter: &str) -> Result<Self> {
        let mut problems = Violations::new();
        if !delimiter.is_empty() {
            match known_delimiter(delimiter) {
                Some(delimiter) => self.delimiter = delimiter,
                None => problems
                    .add("delimiter", "A delimiter is a tab or one sign that is neither letter, digit nor quotation mark."),
            }
        }
        if !encoding.is_empty() {
            match Encoding::from_name(encoding) {
                Some(encoding) => self.encoding = encoding,
                None => problems.add("encoding", "Choose UTF-8, ISO-8859-1, UTF-16LE or UTF-16BE."),
            }
        }
        problems.into_result()?;
        Ok(self)
    }
}

/// Any one sign that can't be part of a word or end a row.
fn known_delimiter(text: &str) -> Option<u8> {
    let [sign] = *text.as_bytes() else { return None };
    (sign == b'\t' || (sign.is_ascii_punctuation() && sign != b'"')).then_some(sign)
}

/// Looks at a whole file, piece by piece, and tells its format.
#[derive(Default)]
pub struct Sniffer {
    head: Vec<u8>,
    /// Begin of a character whose end is in the next piece; at most three bytes.
    pending: Vec<u8>,
    invalid: u64,
    multibyte: u64,
    bytes: u64,
    nuls: u64,
}

impl Sniffer {
    pub fn push(&mut self, piece: &[u8]) {
        let room = HEAD.saturating_sub(self.head.len()).min(piece.len());
        self.head.extend_from_slice(&piece[..room]);
        self.bytes += piece.len() as u64;
        self.nuls += piece.iter().map(|byte| u64::from(*byte == 0)).sum::<u64>();
        self.pending.extend_from_slice(piece);
        let bytes = std::mem::take(&mut self.pending);
        let mut rest = bytes.as_slice();
        while let Err(error) = std::str::from_utf8(rest) {
            let (valid, after) = rest.split_at(error.valid_up_to());
            self.count(valid);
            let Some(skip) = error.error_len() else {
                self.pending = after.to_vec();
                return;
            };
            self.invalid += 1;
            rest = &after[skip..];
        }
        self.count(rest);
    }

    /// Fails when this is no text: in Latin-1 any bytes are characters, so nothing later would say so.
    pub fn finish(mut self) -> std::result::Result<Format, Refusal> {
        if self.head.starts_with(ZIP) {
            return Err(Refusal::Workbook);
        }
        self.invalid += u64::from(!self.pending.is_empty());
        let encoding = match self.head.as_slice() {
            [0xff, 0xfe, ..] => Encoding::Utf16Le,
            [0xfe, 0xff, ..] => Encoding::Utf16Be,
            [0xef, 0xbb, 0xbf, ..] => Encoding::Utf8,
            // A few damaged characters among many sound ones are a damaged UTF-8 file; those cells are shown as problems.
            _ if self.invalid == 0 || self.multibyte > 10 * self.invalid => Encoding::Utf8,
            _ => Encoding::Latin1,
        };
        let is_text = match encoding {
            // A stray NUL in sound text is a damaged cell, which is shown as a problem; in UTF-16 without its mark they are half.
            Encoding::Utf8 => self.nuls * 10 <= self.bytes,
            Encoding::Latin1 => self.nuls == 0,
            Encoding::Utf16Le | Encoding::Utf16Be => true,
        };
        if !is_text {
            return Err(Refusal::NotText);
        }
        let (head, _) = encoding.codec().decode_with_bom_removal(&self.head);
        Ok(Format { encoding, delimiter: delimiter(&head) })
    }

    fn count(&mut self, valid: &[u8]) {
        self.multibyte += valid.iter().filter(|byte| **byte >= 0xc0).count() as u64;
    }
}

/// The delimiter that cuts the first rows into the most even and best known columns.
fn delimiter(head: &str) -> u8 {
    if let Some(named) = head.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).and_then(|_| head.as_bytes().get(4)) {
        return *DELIMITERS.iter().find(|known| *known == named).unwrap_or(&b',');
    }
    let score = |delimiter: u8| {
        let rows = first_rows(head, delimiter);
        let columns = rows.first().map_or(0, Vec::len);
        // Nor is a file with more columns than can be read worth guessing at, which takes time for each of them.
        if !(2..=MAX_COLUMNS).contains(&columns) {
            return 0.0;
        }
        let even = rows.iter().filter(|row| row.len() == columns).count() as f64 / rows.len() as f64;
        let guessed = |subject| mapping::guess(subject, &rows[0]).iter().filter(|field| !field.is_empty()).count();
        let known = guessed(Subject::Customers).max(guessed(Subject::Leads));
        even + 0.2 * known.min(10) as f64 + 0.001 * columns.min(50) as f64
    };
    let mut best = (DELIMITERS[0], 0.0);
    for delimiter in DELIMITERS {
        let score = score(delimiter);
        if score > best.1 {
            best = (delimiter, score);
        }
    }
    best.0
}

/// Rows of the head, without the last, which may be cut off.
fn first_rows(head: &str, delimiter: u8) -> Vec<Vec<String>> {
    let format = Format { encoding: Encoding::Utf8, delimiter };
    let mut records = super::read::Records::new(format);
    let mut rows = Vec::new();
    let whole = records.push(head.as_bytes(), &mut |record| {
        rows.push(record);
        Ok(())
    });
    if whole.is_ok() && rows.is_empty() {
        let _ = records.finish(&mut |record| {
            rows.push(record);
            Ok(())
        });
    }
    rows.truncate(100);
    rows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sniff(bytes: &[u8]) -> std::result::Result<Format, Refusal> {
        let mut sniffer = Sniffer::default();
        bytes.chunks(3).for_each(|piece| sniffer.push(piece));
        sniffer.finish()
    }

    #[test]
    fn the_encoding_is_told_from_the_whole_file() {
        let text = "name,city\nBerglunds snabbköp,Luleå\n";
        let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(text);
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for (bytes, encoding) in [
            (text.as_bytes().to_vec(), Encoding::Utf8),
            ([b"\xef\xbb\xbf", text.as_bytes()].concat(), Encoding::Utf8),
            (latin.into_owned(), Encoding::Latin1),
            (wide, Encoding::Utf16Le),
            (["name,city\n".repeat(9_000).as_bytes(), b"K\xf6ln,\n"].concat(), Encoding::Latin1),
            (["ö,ö\n".repeat(20).as_bytes(), b"K\xf6ln,\n"].concat(), Encoding::Utf8),
            (b"name\xc3".to_vec(), Encoding::Latin1),
            (Vec::new(), Encoding::Utf8),
        ] {
            assert_eq!(sniff(&bytes).unwrap().encoding, encoding, "{:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(40)]));
        }
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_even_columns() {
        for (text, delimiter) in [
            ("name,city\na,b\n", b','),
            ("name;city;note\n\"a, b\";c;1,5\nd;e;2,5\n", b';'),
            ("name\tcity\na, b\tc\n", b'\t'),
            ("name|city\na;b|c\n", b'|'),
            ("name;street, number\na;b\n", b';'),
            ("\"name\";\"note\"\n\"a\";\"two\nlines, more\"\n", b';'),
            ("sep=;\nname;city\n", b';'),
            ("name\nHarbour\n", b','),
            ("company;phone", b';'),
            ("", b','),
        ] {
            assert_eq!(sniff(text.as_bytes()).unwrap().delimiter, delimiter, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(sniff(b"PK\x03\x04\x14\0\x06\0xl/workbook.xml"), Err(Refusal::Workbook));
        assert_eq!(sniff(b"PK,name\n1,Harbour\n").map(|format| format.encoding), Ok(Encoding::Utf8));
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Err(Refusal::NotText));
        let unmarked: Vec<u8> = "name,city\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(sniff(&unmarked), Err(Refusal::NotText));
        assert!(sniff(b"name,city\nHarbour,Le\0eds\n").is_ok());
    }

    #[test]
    fn a_person_may_know_the_format_better() {
        let guessed = Format { encoding: Encoding::Utf8, delimiter: b',' };
        assert_eq!(guessed.corrected("", "").unwrap(), guessed);
        let chosen = Format { encoding: Encoding::Latin1, delimiter: b'\t' };
        assert_eq!(guessed.corrected("ISO-8859-1", "\t").unwrap(), chosen);
        assert_eq!(guessed.corrected("", "^").unwrap().delimiter, b'^');
        for delimiter in ["::", "\"", "a", "7", " ", "\n", "\0", "§"] {
            let problems = format!("{:?}", guessed.corrected("KOI8-R", delimiter).unwrap_err());
            assert!(problems.contains("delimiter") && problems.contains("encoding"), "{delimiter:?}: {problems}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_format(bytes in proptest::collection::vec(1_u8..=255, 0..400)) {
            prop_assume!(!bytes.starts_with(ZIP));
            let format = sniff(&bytes).unwrap();
            prop_assert_eq!(Format::from_stored(format.encoding.name(), &format.delimiter_text()), Some(format));
        }
    }
}
